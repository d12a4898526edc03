"""The notebook behind ``theorems app``: it only arranges what the modules beside it compute."""

# pyright: basic
__all__ = ["app"]

import marimo

app = marimo.App(width="medium", app_title="Theorems", css_file="style.css")

with app.setup:
    import marimo as mo

    import theorems
    from theorems.app import certificates, hunting, layout, motion_page, page, scene, strata
    from theorems.app.families import families
    from theorems.app.known import known_counterexample
    from theorems.app.shapes import shapes
    from theorems.app.sweep import sweep
    from theorems.app.typed import parse_constants

    def tex(latex):
        return layout.formula(mo.md(f"${latex}$").text)


@app.cell(hide_code=True)
def _():
    view = mo.ui.radio(list(layout.VIEWS), value=layout.first_view(mo.query_params()), inline=True)
    mo.Html(layout.header(view))
    return (view,)


@app.cell(hide_code=True)
def _(view):
    mo.stop(view.value != "Theorems")
    choices = {f"{t.id}. {t.title}": t.id for t in theorems.all()}
    choose = mo.ui.dropdown(
        choices, value=layout.first_theorem(mo.query_params(), choices), label="theorem", full_width=True
    )
    mo.Html(f'<div class="ps-choose">{choose}</div>')
    return (choose,)


@app.cell(hide_code=True)
def _(choose):
    theorem = theorems.get(choose.value)
    return (theorem,)


@app.cell(hide_code=True)
def _(theorem):
    first_reading, first_drop = layout.first_choices(mo.query_params(), theorem)
    pick_reading = mo.ui.dropdown(
        [r.name for r in theorem.readings], value=first_reading, label="reading", full_width=True
    )
    pick_drop = mo.ui.radio(
        {"nothing": None, **{h.name: h.name for h in theorem.hypotheses}},
        value=first_drop or "nothing",
    )
    type_constants = mo.ui.dictionary(
        {c.name: mo.ui.text(str(c.value), label=f"constant: {c.name}", full_width=True) for c in theorem.constants}
    )
    return pick_drop, pick_reading, type_constants


@app.cell(hide_code=True)
def _(pick_drop, pick_reading, theorem, type_constants):
    reading, drop = theorem.reading(pick_reading.value), pick_drop.value
    changed, wrong = parse_constants(type_constants.value, theorem.values())
    constants = theorem.values(changed)
    attack = known_counterexample(theorem, reading, drop)
    offered = {f.name: f for f in ([attack] if attack else []) + families(theorem, reading)}
    return changed, constants, drop, offered, reading, wrong


@app.cell(hide_code=True)
def _(offered):
    mo.stop(not offered, mo.Html(page.message("This theorem has no family of instances to move through.", "mute")))
    asked = mo.query_params().get("family")
    pick_family = mo.ui.dropdown(
        list(offered),
        value=asked if asked in offered else next(iter(offered)),
        label="instances",
        full_width=True,
    )
    return (pick_family,)


@app.cell(hide_code=True)
def _(offered, pick_family, reading, theorem):
    family = layout.started(mo.query_params(), offered[pick_family.value])
    axes = {c.label: c.name for c in family.controls if not c.options}
    pick_vary = mo.ui.dropdown(
        axes, value=layout.most_telling(theorem, reading, family), label="horizontal axis", full_width=True
    )
    as_ratio = mo.ui.switch(value=False, label="truth over bound")
    sliders = mo.ui.dictionary({c.name: layout.widget(c) for c in family.controls})
    return as_ratio, family, pick_vary, sliders


@app.cell(hide_code=True)
def _(
    as_ratio,
    constants,
    drop,
    family,
    pick_drop,
    pick_family,
    pick_reading,
    pick_vary,
    reading,
    sliders,
    theorem,
    type_constants,
    wrong,
):
    values = layout.exact(family, sliders.value)
    vary = family.control(pick_vary.value)
    here, now, cause = layout.instance_at(theorem, reading, family, values, constants, drop)
    points = sweep(theorem, reading, family, values, vary.name, constants, drop)
    pictures = layout.both_widths(points, vary, (values[vary.name], now), ratio=as_ratio.value)
    layout.remember(mo.query_params(), theorem, reading, drop, family, values)
    mo.Html(
        layout.workbench(
            claim=page.claim(theorem, reading, tex),
            drop=pick_drop,
            top=[pick_reading, pick_family, pick_vary, *type_constants.values(), as_ratio],
            messages=page.messages(wrong, theorem, reading, drop),
            sliders=list(sliders.values()),
            note=family.text,
            picture=pictures,
            legend=page.legend(reading.sides is not None, drop),
            summary=page.summary(len(points), constants),
            margin=page.margin_html(now, cause),
            hypotheses=page.hypotheses_table(theorem, now, drop) if now else "",
            instance=shapes(here) + page.instance_html(here, tex) if here else "",
        )
    )
    return


@app.cell(hide_code=True)
def _(theorem):
    mo.Html(page.statement(theorem, tex))
    return


@app.cell(hide_code=True)
def _(theorem):
    pick_target = mo.ui.dropdown(
        {"every one it concerns": None, **{r.name: r.name for r in theorem.readings}},
        value="every one it concerns",
        label="attack reading",
        full_width=True,
    )
    seconds = mo.ui.slider(2, 60, 1, value=20, label="seconds", show_value=True, full_width=True)
    size = mo.ui.slider(1, 4, 1, value=3, label="largest side", show_value=True, full_width=True)
    seed = mo.ui.number(0, 2**31 - 1, 1, value=0, label="seed", full_width=True)
    start = mo.ui.run_button(label="Search", kind="success", full_width=True)
    return pick_target, seconds, seed, size, start


@app.cell(hide_code=True)
def _(changed, drop, pick_target, seconds, seed, size, start, wrong):
    mo.Html(hunting.panel(pick_target, seconds, size, seed, start, drop, changed, wrong))
    return


@app.cell(hide_code=True)
def _(changed, drop, pick_target, seconds, seed, size, start, theorem, wrong):
    mo.stop(not start.value)
    mo.stop(bool(wrong), mo.Html("".join(page.message(text) for text in wrong)))
    with mo.status.spinner(title="Searching", subtitle="structured instances first") as spinner:
        found, refused = hunting.hunt(
            theorem,
            drop,
            reading=pick_target.value,
            constants=changed,
            time=seconds.value,
            size=size.value,
            seed=seed.value,
            progress=lambda p: spinner.update(title=f"Searching: {p.stage}", subtitle=hunting.told(p)),
        )
    return found, refused


@app.cell(hide_code=True)
def _(found, refused):
    mo.stop(found is None, mo.Html(page.message(refused)))
    downloads = (
        [
            mo.download(hunting.as_json(found), filename=hunting.file_name(found, "json"), label="Witness as JSON"),
            mo.download(hunting.as_python(found), filename=hunting.file_name(found, "py"), label="Witness as Python"),
        ]
        if found.witness
        else []
    )
    mo.Html(hunting.result_html(found, tex, downloads))
    return


@app.cell(hide_code=True)
def _(view):
    mo.stop(view.value != "Pairs in R³")
    pick_kind = mo.ui.dropdown(list(strata.KINDS), value="two planes", label="pair", full_width=True)
    pick_pair = mo.ui.slider(1, 12, 1, value=1, label="which pair", show_value=True, full_width=True)
    pick_subgroup = mo.ui.dropdown(
        ["to the next stratum", "diagonal"], value="to the next stratum", label="subgroup λ", full_width=True
    )
    return pick_kind, pick_pair, pick_subgroup


@app.cell(hide_code=True)
def _(pick_kind):
    open_first = [str(i) for i in strata.starting_strata(pick_kind.value)]
    pick_stratum = mo.ui.dropdown(open_first, value=open_first[0], label="start with dim(U ∩ V)", full_width=True)
    return (pick_stratum,)


@app.cell(hide_code=True)
def _(pick_subgroup):
    time = mo.ui.slider(0, 1, 1 / 32, value=1, label="t", show_value=True, full_width=True)
    weights = mo.ui.array(
        [
            mo.ui.slider(-2, 2, 1, value=w, label=f"weight of e{'₁₂₃'[k]}", show_value=True, full_width=True)
            for k, w in enumerate((0, 1, 2) if pick_subgroup.value == "diagonal" else ())
        ]
    )
    return time, weights


@app.cell(hide_code=True)
def _(pick_kind, pick_pair, pick_stratum):
    pair = strata.starting_pair(pick_kind.value, int(pick_stratum.value), pick_pair.value)
    turn = mo.ui.slider(
        -180, 180, 5, value=scene.good_turn(pair), label="turn (degrees)", show_value=True, full_width=True
    )
    return pair, turn


@app.cell(hide_code=True)
def _(pair, pick_kind, pick_pair, pick_stratum, pick_subgroup, time, turn, weights):
    motion = strata.diagonal_motion(pair, tuple(weights.value)) if weights.value else strata.motion(pair)
    mo.Html(
        motion_page.motion_html(
            motion,
            motion_page.exact_time(time.value),
            turn.value,
            [
                motion_page.controls([pick_kind, pick_stratum, pick_subgroup, pick_pair]),
                motion_page.controls([time, turn, *weights]),
            ],
            tex,
        )
    )
    return


@app.cell(hide_code=True)
def _(view):
    mo.stop(view.value != "A certificate")
    pick_file = mo.ui.file(filetypes=[".json", ".gz"], kind="area", label="what certify chain -o wrote")
    mo.Html(f'<section class="ps-card"><h2>Open a certificate</h2>{pick_file}</section>')
    return (pick_file,)


@app.cell(hide_code=True)
def _(pick_file):
    mo.stop(not pick_file.value)
    chosen = pick_file.value[0]
    certificate_html, unread = certificates.certificate_page(chosen.name, chosen.contents)
    mo.Html(certificates.frame(certificate_html) if certificate_html else page.message(unread))
    return


if __name__ == "__main__":
    app.run()
