"""What the papers leave open and the literature argues about: how it is decided here."""

EVERYWHERE = (
    (
        "The nadir is the smallest complete sum before a read, the baseline's included: never "
        "the read's own sum, never an incomplete one."
    ),
    "From a nadir of zero any growth fulfils a percentage; a rule's millimetres then decide.",
    "Percentages are rounded for display only; every length is exact to 0.001 mm.",
    (
        "A target that is not evaluable leaves PD (what was measured proves it, and some of it "
        "is there) or NE. An unknown non-target makes the non-targets NE unless another one "
        "progressed: beside target disease that costs the CR alone."
    ),
    (
        "A target that was resected or irradiated on study is not evaluable; `removed_target` "
        "may count it as gone."
    ),
    (
        "Disease after an overall CR is PD at any size; `disease_after_cr` may call the CR "
        "premature. A query asks in either case."
    ),
    (
        "A PR that drifts above its line is SD at that read, with a query; `pr_persistence` may"
        " keep it until PD. The best response is not affected."
    ),
    (
        "Days are plain differences of dates. Confirmation has no upper limit; a response and "
        "the read that confirms it may have other responses of the same kind between them."
    ),
    (
        "SD counts for the best response from `sd_min_days` after the reference date, the start"
        " of treatment or randomisation."
    ),
    (
        "A PR followed by an SD, both before the least duration of SD, is NE or what comes "
        "later, although Table 3 of RECIST 1.1 prints SD."
    ),
    (
        "A PET that turns positive on a known target is no PD. A new lesion seen by PET alone "
        "is unequivocal only after a negative PET at baseline."
    ),
    (
        "A new lesion called equivocal that proves real turns the reads that called it so, "
        "without a gap, into PD: `overall_final`. What was assessed at the time stays visible."
    ),
    "A read that explicitly does not evaluate an equivocal lesion is a gap; silence is none.",
    "No disease at baseline is NED until a new lesion appears.",
    "A tumour marker speaks of the whole patient, never of one compartment.",
    "Diameters of non-targets and symptomatic deterioration decide nothing.",
)

RECIST_1_1_NODES = (
    "Normal nodes whose sum meets 20 % and 5 mm are CR: CR is judged before PD.",
    (
        "A target node of 10 mm or more after a CR is PD, with a query; a non-target node has "
        "come back only if it has unequivocally progressed."
    ),
    (
        "A new node of 10 to under 15 mm as measured is equivocal, with a query; under 10 mm it"
        " is normal. `PRESENT` is the reader's own certainty."
    ),
    "A node that is too small to measure counts as 5 mm and has gone.",
)

IRECIST = (
    (
        "`5 mm more` is measured from the smallest complete sum of the unconfirmed progression "
        "since the last reset; `icpd_reference` may take the last read's."
    ),
    (
        "A read under 26 days after the first read of the block confirms nothing, resets "
        "nothing and is no reference: it is IUPD with a query, or NE."
    ),
    (
        "A confirmation over 8 weeks after the last unconfirmed progression counts, with a "
        "query, unless `icpd_max_days` sets a limit; then it is IUPD and opens a new window."
    ),
    (
        "New lesions alone with stable targets stay IUPD; targets that respond into a better "
        "category are IPR although the new lesions persist. These then count no more, until "
        "they grow, or another one appears; beside them a CR is an IPR."
    ),
    "The nadir is never reset.",
    (
        "What was not looked at takes no progression back: the read is NE, unless the targets have "
        "responded and only new lesions were not seen."
    ),
    (
        "A non-target that is PRESENT after PROGRESSED no longer stands; progressed again, it "
        "confirms."
    ),
    "A read in which nothing could be looked at is NE, even after a new lesion.",
)

WHO_1979 = (
    (
        "The duration of overall response begins with the treatment, that of a CR with the CR; "
        "RECIST begins both with the response."
    ),
    (
        "Progression is of single lesions, each against its own smallest product; `pd_scope` "
        "may take the sum. There is then no sum at which PD begins, and `pd_at` is null."
    ),
    "Lesions that have merged are weighed together, against their smallest products together.",
    "A lesion that had gone and is there again has grown from nothing: it is PD by itself.",
)

ZHU_2013 = (
    (
        "Sums are of products, as the paper prints; `measure` takes the longest diameters of "
        "the guideline that it cites. The two disagree: a round lesion's product falls 30 % "
        "where its diameter falls 16 %."
    ),
    (
        "The rise to PD is measured from the smallest sum; `pd_reference` may take the "
        "baseline. No absolute clause: that is RECIST 1.1."
    ),
    (
        "Primary tumour and distant lesions are judged apart and together; a new lesion counts "
        "where it lies, and for the patient."
    ),
    "Distant disease in bone alone is not measurable: CR, NON_CR_NON_PD, PD or NE are possible.",
)

MRECIST_HCC = (
    (
        "A lesion without a viable diameter at baseline is judged as by RECIST 1.1; nodes under"
        " 10 mm have gone."
    ),
    "There is no 5 mm clause.",
    (
        "The pattern of a new nodule, cytology of an effusion and the size of a node at the "
        "porta hepatis are the reader's judgement, told as EQUIVOCAL or PRESENT."
    ),
)
