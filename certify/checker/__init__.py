"""Independent re-verification of certificates: other code and, where possible, other mathematics than the prover's.

What is accepted. The checker generates anew the list of claims that the chain and the recorded thresholds call for, and
everything in them but the published enclosures: statements, parameters, margins, verdicts, notes. It then proves each
enclosure from the weights with its own arithmetic, or from other published enclosures that it has proved. Nothing is
taken on trust; what cannot be proved is rejected as "not proved".

What "altered" means. A digest proves nothing, since whoever alters a certificate can make it fit. So a certificate is
rejected unless

* its bytes are in the one spelling that the program writes, and it is about this input (names, shapes, hashes, edges);
* no claim is missing, added, repeated or out of order, and every field is what this chain and these thresholds give;
* every enclosure is proved, lies on the grid on which end points are published, and - where its width follows from
  other published numbers - is not wider than the program publishes.

A certificate that passes all this is true, word for word, whoever wrote it. What can still differ from what this
program would have written: the version of the program; the time it was allowed for an exact rank; an enclosure of
measured numbers that was moved by units of the grid, or widened within its limit together with all that follows from
it; and an undecided claim where more could have been decided.
"""

from __future__ import annotations

from certify.checker.recorded_thresholds import Difference
from certify.checker.verification import Outcome, Reason, RejectedError, Verification
from certify.checker.verify import check, verify

__all__ = ["Difference", "Outcome", "Reason", "RejectedError", "Verification", "check", "verify"]
