"""The version of the extractor that revisions carry."""

# Raised with every change that can change a value or a text, so that it is known which rows a reprocess would renew.
EXTRACTOR_VERSION = "4"
