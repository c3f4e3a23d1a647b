"""Friendly graders for the exercises: what is right, what is not yet, and a hint.

A grader prints one line and never raises: an answer that is still `...` gets its task again, a wrong one a hint, and an
answer that breaks gets the error as a sentence. The chapters run on either way.
"""

from .chapter_00 import larger, walk
from .chapter_01 import baseline, deal_days, metres, shared_days
from .chapter_02 import calibration_error, precision_recall, receptive_field, temperature
from .chapter_03 import matched, overlap, suppress, windows
from .chapter_04 import log_posterior, posterior, sample_gaussian
from .chapter_05 import count_modes, divergence, gradients_at, optimal_discriminator, two_losses, update
from .chapter_06 import costs, is_affine, patches, small_generator
from .chapter_07 import accuracies, broken_step, bugs, training_step
from .chapter_08 import DISEASES, ROOMS, alarm, copying, diagnoses, diagnosis, false_alarms, quiz
from .chapter_09 import auc, fooled, guess, kid, rank
from .chapter_10 import averaged, bet, moved, penalty, seeds_needed
from .chapter_11 import asked_given_seen, projection, quarter_turn
from .chapter_12 import alone, arc, chord, inverted, round_the_hole
from .chapter_13 import average_precision, paired, worth
from .chapter_14 import expected_best, in_a_ring, ring, whole_mean
from .chapter_15 import euler, flow_loss, sides
from .chapter_16 import bayes_by_errors, guided_step
from .debugging import weights_move, which_trap
from .questions import answers, five_questions
