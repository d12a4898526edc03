"""What a certificate asserts, in words: ids, sentences, parameters, limits, notes and causes, without any arithmetic.

``claims/x`` says what is asserted, ``prover/x`` how it is proved, ``checker/x`` how it is proved again. Prover and
checker both take their words from here and hand in their own numbers. Everything that a certificate says in words is a
function of this package.
"""
