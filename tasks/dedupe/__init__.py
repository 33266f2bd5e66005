"""Articles to stories: who carries whose text, and which texts are only made on the same template. Pure.

sketch (fold, notices, hashes) is a function of one text and runs anywhere; placing needs the past and goes in order:

    sketches = sketch(title, text) for each                     outside the lock, in any process
    past     = everything that these articles can meet          filled by whoever keeps it
    placed   = place(arrivals, past): candidates > views > overlap > verdict > story
    the keeper stores what was added to past
"""
