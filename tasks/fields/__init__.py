r"""Finance fields of an article: instruments, price moves, amounts, people, citations, ratings, figures, identifiers.

    T       = title + "\\n" + text
    tokens  = words, numbers and signs of T, with sentences             tokens
    names   = instruments of the gazetteer and of context               gazetteer, mentions, context
    values  = numbers with unit, magnitude, currency, range, hedge      numbers, quantities
    marks   = words with a meaning, from config/lexicons                lexicon
    fields  = relations between names, values and marks, per sentence   moves, figures, ratings, people, ...

Pure: no clock, no network, no database. Every fact carries its offsets in T and the rule that found it.
"""
