"""The contests whose tables chapters show: what is compared, how one run is made, and where its row lies.

    equal_time.train(model, ships, 32, minutes=6)          # no longer than the others, whatever a step costs
    bakeoff.Contest(load_chips()).run("grain", seed=0)     # chapter 10: one thing changed, all else as the baseline
    lessons.train(ships, no_ships, generated=chips)        # chapter 13: a classifier that learns from generated ships

The scripts in `tools/` make all runs of a contest, a row each; a chapter reads the table and makes a run or two itself.
"""
