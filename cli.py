"""The command line: it parses arguments, calls the library and prints. Nothing else happens here.

Heavy modules are imported inside the commands, so that ``morphaug --help`` answers at once.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from morphaug.errors import MorphaugError, UnknownName

app = typer.Typer(
    name="morphaug",
    help="English task data in another language's morphosyntax, with every label carried through.\n\n"
    "A first run: `morphaug demo`. Then get a language's tables with `morphaug resources fetch fin`, "
    "and make data with `morphaug generate`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
resources_app = typer.Typer(
    help="Tables, lexicons and models: what is installed, and how to get more.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(resources_app, name="resources")
inflector_app = typer.Typer(
    help="Forms of unknown words: train an inflector on any UniMorph or SIGMORPHON file, and use it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(inflector_app, name="inflector")
lexicon_app = typer.Typer(
    help="Bilingual lexicons out of translated text.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.add_typer(lexicon_app, name="lexicon")
harness_app = typer.Typer(
    name="harness",
    help="Train XLM-R through intermediate and target tasks, and score it across languages.\n\n"
    "A first look: `harness plan run.yaml`. Then `harness train run.yaml`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Language = Annotated[str, typer.Argument(help="A language: fin, fi, Finnish.", show_default=False)]


def main() -> None:
    """The console script: a mistake of the user's is one line on stderr and exit code 2."""
    try:
        _run(app)
    finally:
        gc.freeze()  # or Python would look for cycles in everything once more, only to end


def harness_main() -> None:
    """The console script `harness`."""
    _run(harness_app)


def _run(application: typer.Typer) -> None:
    try:
        application()
    except MorphaugError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers", "safetensors"):
            raise
        print(f"error: {error.name} is not installed; pip install 'morphaug[harness]'", file=sys.stderr)
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from morphaug import __version__

        print(f"morphaug {__version__}")
        raise typer.Exit


# -- making data ------------------------------------------------------------------------------------


@app.command()
def generate(
    task: Annotated[
        str,
        typer.Option(
            "--task",
            "-t",
            help="text, classification, span-qa, multiple-choice, tagging, conllu or bitext.",
            show_default=False,
        ),
    ],
    inputs: Annotated[
        list[str],
        typer.Option(
            "--input",
            "-i",
            help="JSONL, Parquet, CSV, TSV, SQuAD JSON, two-column CoNLL or CoNLL-U, .xz and .gz too; "
            "hf:FOLDER for a dataset on disk, hub:NAME for one by name. May be repeated.",
            show_default=False,
        ),
    ],
    target: Annotated[
        list[str],
        typer.Option(
            "--target", "-l", help="Target languages, by comma or repeated: fin,swh.", show_default=False
        ),
    ],
    recipe: Annotated[
        list[str],
        typer.Option(
            "--recipe",
            "-r",
            help="Recipes, by comma or repeated; `morphaug recipes` lists them.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Output folder, new or empty.", show_default=False)
    ],
    parser: Annotated[
        str,
        typer.Option(
            help="Where parses come from: stanza, spacy:MODEL, conllu:FILE, or auto: the trees that CoNLL-U "
            "input carries, Stanza for the rest."
        ),
    ] = "auto",
    model_dir: Annotated[Path | None, typer.Option(help="Folder of the parser's model.")] = None,
    parse_cache: Annotated[
        Path | None,
        typer.Option(help="File that keeps parses; the user's cache by default.", show_default=False),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            "-f",
            help="What a field is called in your data: premise=sentence1.",
            show_default=False,
        ),
    ] = None,
    input_format: Annotated[
        str, typer.Option(help="Format of the input, if its name does not tell.")
    ] = "auto",
    format: Annotated[
        Literal["auto", "jsonl", "parquet", "native"],
        typer.Option(
            help="Of the shards; native is the input's own, auto is JSONL (CoNLL-U for --task conllu)."
        ),
    ] = "auto",
    columns: Annotated[
        str,
        typer.Option(
            help="Names of a table's columns, by comma, if it has no header line.", show_default=False
        ),
    ] = "",
    recipe_file: Annotated[Path | None, typer.Option(help="YAML file with recipes of your own.")] = None,
    seed: Annotated[int, typer.Option(help="Of all random draws.")] = 0,
    variants: Annotated[int, typer.Option(help="Records to make of each example.", min=1)] = 1,
    rate: Annotated[
        float, typer.Option(help="Share of the places a recipe may change.", min=0.0, max=1.0)
    ] = 1.0,
    limit: Annotated[int, typer.Option(help="Read only so many records; 0 for all.", min=0)] = 0,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Add each word's sources and rules to the records.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes; 0 for one per core.", min=0)] = 0,
    shard_size: Annotated[int, typer.Option(help="Examples in a shard.", min=1)] = 10_000,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with an error if any record had to be rejected.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make augmented data: every target × recipe × variant of every record.

    Records that cannot be carried through with correct labels are left out, counted and listed in
    `OUT/rejects.jsonl`; `OUT/manifest.json` says what was done and what came of it.

    **Examples**

    * `morphaug generate -t span-qa -i train.json -l fin -r pseudo --parser stanza -o aug/`
    * `morphaug generate -t classification -i nli.tsv -f premise=sentence1 -f hypothesis=sentence2 -l fin,swh,tur -r morph,reorder,synthetic -o aug/`
    * `morphaug generate -t conllu -i en_ewt-ud-train.conllu -l tur -r pseudo -o aug/`
    """
    from morphaug.generate import Job
    from morphaug.generate import generate as run
    from morphaug.pool import cpu_count
    from morphaug.show import meter, summary

    job = Job(
        task=task,
        inputs=tuple(inputs),
        targets=_listed(target),
        recipes=_listed(recipe),
        out=out,
        parser=parser,
        model_dir=model_dir,
        parse_cache=parse_cache,
        recipe_file=recipe_file,
        input_format=input_format,
        format=format,
        columns=_listed([columns]),
        fields=_pairs(field or ()),
        seed=seed,
        variants=variants,
        rate=rate,
        provenance=provenance,
        limit=limit,
        shard_size=shard_size,
        workers=workers or cpu_count(),
        resume=resume,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with meter() as progress:
            report = run(job, progress)
    except KeyboardInterrupt:
        print(f"interrupted; the same command with --resume goes on in {out}", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        _print_json(report)
    else:
        summary(report, out)
    rejected = sum(report["records"]["rejected"].values()) + sum(
        n for stream in report["streams"] for n in stream["rejected"].values()
    )
    if strict and rejected:
        raise MorphaugError(f"{rejected} records were rejected", f"see {out / 'rejects.jsonl'}")


@app.command()
def parse(
    task: Annotated[str, typer.Option("--task", "-t", help="Task of the input.", show_default=False)],
    inputs: Annotated[list[str], typer.Option("--input", "-i", help="As for generate.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The CoNLL-U file to write.", show_default=False)],
    parser: Annotated[str, typer.Option(help="stanza, spacy:MODEL or conllu:FILE.")] = "stanza",
    model_dir: Annotated[Path | None, typer.Option(help="Folder of the parser's model.")] = None,
    parse_cache: Annotated[
        Path | None,
        typer.Option(help="File that keeps parses; the user's cache by default.", show_default=False),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", help="What a field is called in your data.", show_default=False),
    ] = None,
    input_format: Annotated[
        str, typer.Option(help="Format of the input, if its name does not tell.")
    ] = "auto",
    limit: Annotated[int, typer.Option(help="Read only so many records; 0 for all.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Parse every text of the input and write the parses as CoNLL-U.

    The file can be corrected by hand and given back: `morphaug generate --parser conllu:FILE`.

    **Example**: `morphaug parse -t span-qa -i train.json -o train.conllu`
    """
    from morphaug.export import export_parses
    from morphaug.show import meter

    with meter() as progress:
        counts = export_parses(
            task,
            inputs,
            out,
            parser=parser,
            model_dir=model_dir,
            parse_cache=parse_cache,
            fields=_pairs(field or ()),
            input_format=input_format,
            limit=limit,
            progress=progress,
        )
    if as_json:
        _print_json(counts)
    else:
        print(
            f"{out}: {counts['texts']:,} texts, {counts['sentences']:,} sentences, {counts['words']:,} words"
        )
        if counts["rejected"]:
            print(f"{counts['rejected']:,} records have no usable text and were left out")


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the demonstration, new or its own.")
    ] = Path("morphaug-demo"),
) -> None:
    """Show what morphaug does, on sentences it ships: before and after, no network.

    Everything goes into one folder, the compiled tables too; your own cache is not touched.
    """
    from morphaug.demo import demonstrate

    demonstrate(out)


@app.command()
def recipes(
    recipe_file: Annotated[Path | None, typer.Option(help="YAML file with recipes of your own.")] = None,
    as_json: Json = False,
) -> None:
    """List the recipes, the arms of an experiment, and what each is for."""
    from morphaug.recipes import RECIPES, load_recipes, recipe
    from morphaug.show import table

    found = [recipe(name) for name in RECIPES if not name.startswith("noise:")]
    found += load_recipes(recipe_file).values() if recipe_file else []
    rows = [[r.name, r.about, " → ".join(s.operator for s in r.steps) or "nothing"] for r in found]
    rows.append(
        ["noise:RECIPE", "random affixes and shuffles at that recipe's edit rate, its control", "noise"]
    )
    if as_json:
        _print_json([dict(zip(("name", "about", "steps"), row, strict=True)) for row in rows])
    else:
        table(("recipe", "what it is for", "operators"), rows)


# -- looking at what the engine knows -----------------------------------------------------------------


@app.command()
def inflect(
    language: Language,
    lemma: Annotated[str, typer.Argument(help="The word to inflect.", show_default=False)],
    features: Annotated[
        list[str] | None,
        typer.Argument(
            help="UD features (Case=Ine Number=Plur) or one UniMorph bundle; none for the whole paradigm."
        ),
    ] = None,
    upos: Annotated[str, typer.Option("--upos", "-p", help="Part of speech, as UD names it.")] = "NOUN",
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Treat the word as a borrowed stem (book -> bookissa).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Inflect a word, and say how each form was found.

    **Examples**

    * `morphaug inflect fin talo Case=Ine Number=Plur`
    * `morphaug inflect tur ev "N;ABL;PL"`
    * `morphaug inflect swh soma --upos VERB` (the whole paradigm)
    """
    from morphaug.lookup import inflections
    from morphaug.show import table

    rows = inflections(language, lemma, features or (), upos, foreign=foreign)
    if as_json:
        _print_json(rows)
    else:
        table(
            ("form", "how", "bundle", "probability"),
            [[r["form"], r["how"], r["bundle"], f"{r['probability']:.2f}"] for r in rows],
        )


@app.command()
def analyze(
    language: Language,
    forms: Annotated[list[str], typer.Argument(help="Inflected words.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Say what an inflected word can be: lemma, part of speech and features.

    **Example**: `morphaug analyze fin taloissa`
    """
    from morphaug.lookup import analyses
    from morphaug.show import table
    from morphaug.trees import feats_text

    rows = [row for form in forms for row in analyses(language, form)]
    if as_json:
        _print_json(rows)
    else:
        table(
            ("form", "lemma", "UPOS", "features", "bundle"),
            [[r["form"], r["lemma"], r["upos"], feats_text(r["feats"]), r["bundle"]] for r in rows],
        )


@app.command()
def profile(
    language: Language,
    against: Annotated[str, typer.Option(help="The language to compare with.")] = "English",
    every: Annotated[bool, typer.Option("--all", help="Every feature, not only those that differ.")] = False,
    as_json: Json = False,
) -> None:
    """Show a language's typological profile: orders, distances, what was observed and what was imputed.

    **Example**: `morphaug profile swahili`
    """
    from morphaug.lookup import profile_report
    from morphaug.show import show_profile

    report = profile_report(language, against, every=every)
    if as_json:
        _print_json(report)
    else:
        show_profile(report)


@app.command()
def convert(
    language: Language,
    file: Annotated[Path, typer.Argument(help="CoNLL-U, .xz and .gz too.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The CoNLL-U file to write.", show_default=False)],
    learn: Annotated[
        list[Path] | None,
        typer.Option(help="A treebank of the language to learn the conversion from. May be repeated."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="JSON file: written with --learn, read without.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give each word of a CoNLL-U file its UniMorph bundle, in the terms of the language's table.

    The bundle goes into MISC, as `UniMorph=N;GEN;SG`. Features and lemma tell it, never the form. Without a
    treebank the rules convert, which know no more than what the features say.

    **Examples**

    * `morphaug convert fin text.conllu -o tagged.conllu`
    * `morphaug convert fin text.conllu -o tagged.conllu --learn fi_tdt-ud-train.conllu --model fin.json`
    """
    from morphaug.conversion_files import convert_file

    counts = convert_file(language, file, out, treebanks=learn or (), model=model)
    if as_json:
        _print_json(counts)
        return
    how = f"learned from {counts['learned from']:,} words" if counts["learned from"] else "by rules"
    print(
        f"{out}: {counts['converted']:,} of {counts['words']:,} words converted, {how}; "
        f"the table has the lemmas of {counts['in the table']:,}"
    )


# -- resources ----------------------------------------------------------------------------------------


@resources_app.command("list")
def list_resources(as_json: Json = False) -> None:
    """Say which languages have tables and lexicons, and what they were made from."""
    from dataclasses import asdict

    from morphaug.resources import home, installed
    from morphaug.show import table

    found = installed()
    if as_json:
        _print_json([asdict(item) for item in found])
    elif not found:
        print(f"nothing is installed in {home()}")
        print("get a language with: morphaug resources fetch fin --lexicon freedict")
    else:
        keys = ("rows", "lemmas", "headwords", "entries")
        rows = [
            [
                item.code,
                item.name,
                item.part,
                ", ".join(f"{item.counts[k]:,} {k}" for k in keys if k in item.counts),
                f"{item.size / 1e6:.1f} MB",
                ", ".join(item.inputs),
            ]
            for item in found
        ]
        table(("code", "language", "part", "holds", "size", "made from"), rows)


@resources_app.command("fetch")
def fetch_resources(
    names: Annotated[
        list[str],
        typer.Argument(help="Languages, or the word stanza for Stanza's models.", show_default=False),
    ],
    lexicon: Annotated[
        str, typer.Option(help="Fetch a lexicon too: freedict, muse or gatitos.", show_default=False)
    ] = "",
    table: Annotated[bool, typer.Option(help="Fetch the UniMorph table.")] = True,
    lang: Annotated[str, typer.Option(help="Language of Stanza's models.")] = "en",
    model_dir: Annotated[
        Path | None, typer.Option(help="Folder for Stanza's models; its own by default.")
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Fetch again what is already here.")] = False,
) -> None:
    """Download UniMorph tables, lexicons and parser models, check them and compile them.

    A download that was cut goes on where it stopped. Nothing is downloaded by any other command.

    **Examples**

    * `morphaug resources fetch fin tur --lexicon freedict`
    * `morphaug resources fetch stanza`
    """
    from morphaug import languages
    from morphaug.fetch import LEXICONS, fetch_lexicon, fetch_stanza, fetch_unimorph
    from morphaug.show import downloads

    if lexicon and lexicon not in LEXICONS:
        raise UnknownName("source of lexicons", lexicon, LEXICONS)
    codes = [name if name == "stanza" else languages.resolve(name) for name in names]
    with downloads() as report:
        for code in codes:
            if code == "stanza":
                print(f"Stanza's models: {fetch_stanza(lang, model_dir=model_dir)}")
                continue
            if table:
                counts = fetch_unimorph(code, update=update, report=report)
                print(f"{languages.name(code)} table: {_counted(counts, 'rows', 'lemmas')}")
            if lexicon:
                counts = fetch_lexicon(code, lexicon, update=update, report=report)
                print(f"{languages.name(code)} lexicon: {_counted(counts, 'headwords', 'entries')}")


@resources_app.command("import")
def import_resources(
    language: Language,
    table: Annotated[
        list[Path] | None,
        typer.Option(help="A UniMorph-format table (.xz and .gz too) or a folder of them. May be repeated."),
    ] = None,
    lexicon: Annotated[
        list[Path] | None,
        typer.Option(help="A bilingual dictionary, or a folder of dictd files. May be repeated."),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Kind of the dictionaries: freedict, muse, panlex, gatitos or tsv.")
    ] = "auto",
    reverse: Annotated[
        bool, typer.Option("--reverse", help="The dictionaries list the target's words first, then English.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Forget what was imported before.")] = False,
    as_json: Json = False,
) -> None:
    """Take in tables and dictionaries from files, and compile them. No network.

    Several files are merged. A plain TSV lexicon has the columns `source`, `upos`, `rank`, `target`, or just
    the English word and its translation.

    **Examples**

    * `morphaug resources import fin --table fin.1 --table fin.2`
    * `morphaug resources import swh --lexicon /usr/share/dictd`
    """
    from morphaug import languages
    from morphaug.resources import import_lexicon, import_table

    if not table and not lexicon:
        raise MorphaugError("nothing to import", "name files with --table or --lexicon")
    name = languages.name(languages.resolve(language))
    counts: dict[str, Any] = {}
    if table:
        counts["table"] = import_table(language, table, replace=replace)
    if lexicon:
        counts["lexicon"] = import_lexicon(
            language, lexicon, kind=kind, reverse=reverse or None, replace=replace
        )
    if as_json:
        _print_json(counts)
        return
    for part, found in counts.items():
        print(f"{name} {part}: {_counted(found, 'rows', 'lemmas', 'headwords', 'entries')}")
    odd = [
        k
        for k in ("malformed", "duplicates", "blank", "multiword", "templates")
        if counts.get("table", {}).get(k)
    ]
    if odd:
        print(f"  among the rows read: {_counted(counts['table'], *odd)}")


@resources_app.command("verify")
def verify_resources(
    language: Annotated[
        str | None, typer.Argument(help="A language; all if none is named.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every file against the checksum it had when it was taken in."""
    from morphaug.resources import verify
    from morphaug.show import table

    checks = verify(language)
    bad = [check for check in checks if check.state != "ok"]
    if as_json:
        _print_json(
            [{"code": c.code, "path": str(c.path), "state": c.state, "remedy": c.remedy} for c in checks]
        )
    elif bad:
        table(
            ("code", "file", "state", "what to do"), [[c.code, str(c.path), c.state, c.remedy] for c in bad]
        )
    else:
        print(f"{len(checks)} files, all as they were taken in")
    if bad:
        raise MorphaugError(f"{len(bad)} of {len(checks)} files are not as they should be")


@resources_app.command("compile")
def compile_resources(
    languages: Annotated[list[str], typer.Argument(help="Languages.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Compile even what is up to date.")] = False,
) -> None:
    """Compile the imported tables and lexicons of languages, where they are out of date."""
    from morphaug.resources import compile_language

    for language in languages:
        for part, counts in compile_language(language, force=force).items():
            print(f"{language} {part}: {_counted(counts, 'rows', 'lemmas', 'headwords', 'entries')}")


@resources_app.command("path")
def resources_path(
    language: Annotated[
        str | None, typer.Argument(help="A language; none for the folder of all.", show_default=False)
    ] = None,
) -> None:
    """Print the folder where resources lie ($MORPHAUG_HOME moves it)."""
    from morphaug import languages
    from morphaug.resources import compiled_folder, home

    print(compiled_folder(languages.resolve(language)) if language else home())


# -- the inflector ------------------------------------------------------------------------------------


@inflector_app.command("train")
def inflector_train(
    rows: Annotated[Path, typer.Argument(help="Rows to train on.", show_default=False)],
    model: Annotated[Path, typer.Option(help="Folder for the model.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Train an inflector for lemmas that no table has on a file of forms.

    The file is UniMorph's or SIGMORPHON's, plain, .xz or .gz; the columns are lemma, form, bundle or lemma, bundle,
    form. Ten thousand rows take a minute or two.

    **Example**: `morphaug inflector train fin.trn --model fin.model`
    """
    from morphaug.inflector_files import train_file
    from morphaug.show import training

    with training() as progress:
        lines, _ = train_file(rows, model, progress)
    size = sum(file.stat().st_size for file in model.iterdir())
    if as_json:
        _print_json({"rows": len(lines.rows), "left_out": lines.bad, "bytes": size})
        return
    print(f"{model}: trained on {len(lines.rows):,} rows, {size / 1e6:.1f} MB")
    for line in lines.report():
        print(f"  {line}")


@inflector_app.command("predict")
def inflector_predict(
    rows: Annotated[
        Path, typer.Argument(help="Rows to inflect; their forms, if any, are scored.", show_default=False)
    ],
    model: Annotated[Path, typer.Option(help="Folder of the model.", show_default=False)],
    out: Annotated[Path, typer.Option(help="File for the predictions.", show_default=False)],
    n_best: Annotated[
        int,
        typer.Option(
            min=0, help="Write so many forms per row, with probability and maker; 0: just the first."
        ),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Inflect every row of a file; predictions go into the form column, in the file's own column order.

    **Example**: `morphaug inflector predict fin.tst --model fin.model --out fin.pred`
    """
    import time

    from morphaug.inflector_files import open_model, predict_file, write_predictions

    inflector = open_model(model)
    start = time.perf_counter()
    answers = predict_file(rows, inflector)
    seconds = time.perf_counter() - start
    write_predictions(answers, out, n_best)
    count = len(answers.lines.rows)
    accuracy = answers.right / answers.scored if answers.scored else None
    if as_json:
        found = {"rows": count, "scored": answers.scored, "right": answers.right, "accuracy": accuracy}
        _print_json({**found, "seconds": seconds, "left_out": answers.lines.bad})
        return
    print(f"{out}: {count:,} rows, {count / seconds:,.0f} words a second")
    if accuracy is not None:
        print(f"exact match: {100 * accuracy:.2f} % of {answers.scored:,} rows that have a form")
    for line in answers.lines.report():
        print(f"  {line}")


# -- the harness --------------------------------------------------------------------------------------

RunFile = Annotated[Path, typer.Argument(help="The run, a YAML or TOML file.", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        help="Changes to it: `seed=1`, `target.lr=2e-5`, `evaluate.tasks.0.languages=[fi]`.",
        show_default=False,
    ),
]
Trained = Annotated[
    Path,
    typer.Argument(
        help="What was trained: OUT/runs/NAME/seed-N, or a phase in OUT/phases.", show_default=False
    ),
]


@harness_app.callback(invoke_without_command=True)
def _harness_options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from morphaug import __version__

        print(f"harness {__version__}")
        raise typer.Exit


@harness_app.command("train")
def harness_train(run: RunFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Train what the run's phases say, then evaluate language by language.

    A phase whose data, settings and code are those of a finished one is not trained again, whichever run
    trained it. An interrupted run goes on where it stopped: give the same command again.

    **Examples**

    * `harness train run.yaml`
    * `harness train run.yaml seed=1 name=pseudo-fi intermediate.tasks.0.augmented=[aug/fin/pseudo]`
    * `torchrun --nproc-per-node 2 --no-python harness train run.yaml` (several processes, same results)
    """
    from harness.config import load

    config = load(run, overrides or ())
    from harness.report import show_results
    from harness.runs import run_training

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        results = run_training(config)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        raise typer.Exit(130) from None
    if results is None:
        return  # a process of torchrun's that is not the first
    if as_json:
        _print_json(results)
    else:
        show_results(results)


@harness_app.command("plan")
def harness_plan(run: RunFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Say what a run or a study would do: steps, tokens, which phases are already there, how long the rest may take.

    Nothing is trained and nothing is written.
    """
    from harness.study.config import is_study, load_study

    if is_study(run):
        study = load_study(run, overrides or ())
        from harness.study.plan import plan_study, show_study_plan

        planned = plan_study(study)
        _print_json(planned) if as_json else show_study_plan(planned)
        return
    from harness.config import load

    config = load(run, overrides or ())
    from harness.plan import plan
    from harness.report import show_plan

    found = plan(config)
    if as_json:
        _print_json(found)
    else:
        show_plan(found)


StudyFile = Annotated[Path, typer.Argument(help="The study, a YAML or TOML file.", show_default=False)]


@harness_app.command("study")
def harness_study(
    study: StudyFile,
    overrides: Overrides = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes at a time.", min=1)] = 1,
    only: Annotated[
        Literal["confirmatory", "exploratory"] | None,
        typer.Option(
            help="Only these arms; without it the confirmatory ones come first.", show_default=False
        ),
    ] = None,
    stop_after: Annotated[
        float,
        typer.Option(help="Minutes after which to stop and to report what is there; 0 for never.", min=0),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Run a study, arms × targets × seeds, and write its report.

    What is finished is not run again: after an interruption give the same command. A run that fails is a hole in
    the report, with its reason.

    **Examples**

    * `harness plan study.yaml`
    * `harness study study.yaml --jobs 2 --only confirmatory --stop-after 120`
    """
    from harness.study.config import load_study

    config = load_study(study, overrides or ())
    from harness.study.execute import execute

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        ended = execute(config, jobs=jobs, only=only or "", stop_after=stop_after)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        raise typer.Exit(130) from None
    why = ", stopped for the time: the same command goes on" if ended["stopped"] else ""
    failed = f", {len(ended['failed'])} failed" if ended["failed"] else ""
    print(f"{ended['done']} of {ended['planned']} runs{failed}{why}", file=sys.stderr)
    if ended["done"]:
        _reported(config, as_json)


@harness_app.command("report")
def harness_report(study: StudyFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Write a study's results and report from the runs that are there.

    **Example**: `harness report study.yaml` (OUT/study/NAME/report.md, report.html, results.json, tables/)
    """
    from harness.study.config import load_study

    _reported(load_study(study, overrides or ()), as_json)


def _reported(config: Any, as_json: bool) -> None:
    """Analyse a study and write its report."""
    from harness.study.analysis import analyse
    from harness.study.report import write_report

    results = analyse(config)
    paths = write_report(results, config.folder)
    if as_json:
        _print_json(results)
        return
    print(results["answer"]["paragraph"])
    for path in paths:
        print(path)


@harness_app.command("export")
def harness_export(
    task: Annotated[
        str, typer.Option("--task", "-t", help="`harness tasks` lists them.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The JSONL file to write.", show_default=False)],
    data: Annotated[
        str, typer.Option("--data", "-d", help="Folder in the official format; the Hub without it.")
    ] = "",
    split: Annotated[Literal["train", "dev", "test"], typer.Option(help="Which part.")] = "train",
    language: Annotated[str, typer.Option("--language", "-l", help="Of the data.")] = "en",
    limit: Annotated[int, typer.Option(help="Examples, chosen by id as in training; 0 for all.", min=0)] = 0,
) -> None:
    """Write a task's examples in the form that `morphaug generate` takes, so that any task can be augmented.

    What is made of them goes back into training as `augmented` of the same task.

    **Examples**

    * `harness export --task qamr --data qamr/ --limit 2000 -o qamr.jsonl`
    * `morphaug generate -t span-qa -i qamr.jsonl -l fin -r pseudo -o aug/`
    """
    from harness.tasks import get_task
    from harness.tasks.export import export, generated_as

    count = export(task, data, split, language, limit, out)
    print(f"{out}: {count:,} examples for morphaug generate --task {generated_as(get_task(task))}")


@harness_app.command("eval")
def harness_eval(
    trained: Trained,
    task: Annotated[
        str, typer.Option("--task", "-t", help="`harness tasks` lists them.", show_default=False)
    ],
    data: Annotated[
        str, typer.Option("--data", "-d", help="Folder in the official format; the Hub without it.")
    ] = "",
    languages: Annotated[
        list[str] | None,
        typer.Option("--languages", "-l", help="By comma or repeated; all without it.", show_default=False),
    ] = None,
    split: Annotated[
        Literal["auto", "test", "dev"], typer.Option(help="auto: test if it has labels.")
    ] = "auto",
    limit: Annotated[int, typer.Option(help="Examples of each language; 0 for all.", min=0)] = 0,
    head: Annotated[
        str, typer.Option(help="Name of the trained head; that of the task without it.", show_default=False)
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results, outcomes and predictions.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Evaluate what was trained on a task, language by language.

    **Example**: `harness eval work/runs/arm/seed-0 --task panx --data panx/ --languages fi,sw`
    """
    from harness.evaluate import evaluate_folder
    from harness.report import show_results

    results = evaluate_folder(
        trained,
        task,
        data=data,
        languages=_listed(languages or ()),
        split=split,
        limit=limit,
        head=head,
        out=out,
    )
    if as_json:
        _print_json(results)
    else:
        show_results(results)


@harness_app.command("predict")
def harness_predict(
    trained: Trained,
    task: Annotated[
        str, typer.Option("--task", "-t", help="`harness tasks` lists them.", show_default=False)
    ],
    data: Annotated[
        str, typer.Option("--input", "-i", help="Folder in the official format.", show_default=False)
    ],
    language: Annotated[str, typer.Option("--language", "-l", help="Of the data.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSONL file to write.", show_default=False)],
    split: Annotated[Literal["test", "dev", "train"], typer.Option(help="Which part of it.")] = "test",
    head: Annotated[
        str, typer.Option(help="Name of the trained head; that of the task without it.", show_default=False)
    ] = "",
) -> None:
    """Write a prediction for every example; no labels are needed or looked at.

    **Example**: `harness predict work/runs/arm/seed-0 -t panx -i panx/ -l sw -o sw.jsonl`
    """
    from harness.evaluate import predict_file

    count = predict_file(trained, task, data=data, language=language, split=split, head=head, out=out)
    print(f"{out}: {count:,} predictions")


@harness_app.command("tasks")
def harness_tasks(as_json: Json = False) -> None:
    """List the tasks, and where their data come from."""
    from harness.report import show_tasks, tasks_report

    if as_json:
        _print_json(tasks_report())
    else:
        show_tasks()


# -- lexicons -----------------------------------------------------------------------------------------


@lexicon_app.command("induce")
def induce_lexicon(
    source: Annotated[
        Path,
        typer.Option(
            "--source", "-s", help="English, a sentence a line (.xz and .gz too).", show_default=False
        ),
    ],
    target: Annotated[
        Path, typer.Option("--target", "-t", help="Its translation, line by line.", show_default=False)
    ],
    language: Annotated[
        str, typer.Option("--language", "-l", help="Language of the translation.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The TSV lexicon to write.", show_default=False)],
    parser: Annotated[
        str,
        typer.Option(
            help="Lemmas and parts of speech of the English: stanza, spacy:MODEL or conllu:FILE. Without one, "
            "the English table, if installed, and rules.",
            show_default=False,
        ),
    ] = "",
    model_dir: Annotated[Path | None, typer.Option(help="Folder of the parser's model.")] = None,
    parse_cache: Annotated[
        Path | None,
        typer.Option(help="File that keeps parses; the user's cache by default.", show_default=False),
    ] = None,
    min_count: Annotated[
        float, typer.Option(help="Expected alignments that an entry must have.", min=0.0)
    ] = 2.0,
    min_share: Annotated[
        float, typer.Option(help="Share of its English word's alignments.", min=0.0, max=1.0)
    ] = 0.02,
    keep: Annotated[int, typer.Option(help="Translations of a word at most.", min=1)] = 10,
    as_json: Json = False,
) -> None:
    """Extract a lexicon from sentence-aligned text, lemmas on both sides.

    What is installed of the target language (table, grammar) analyses its forms; where nothing is, forms are
    brought together by shape. The lexicon merges with others of the language when it is imported.

    **Examples**

    * `morphaug lexicon induce -s train.en -t train.sw -l swahili -o en-sw.tsv`
    * `morphaug resources import swahili --lexicon en-sw.tsv`
    """
    from morphaug.induction import Thresholds, induce, write
    from morphaug.parsing import ParseCache, cached, default_path, resolve_parser
    from morphaug.show import steps

    if not out.parent.is_dir():
        raise MorphaugError(f"no folder {out.parent}", "make it, or name another --out")
    tagger = None
    if parser:
        tagger = cached(resolve_parser(parser, model_dir), ParseCache(parse_cache or default_path()))
    limits = Thresholds(agreed=min_count, share=min_share, keep=keep)
    with steps() as progress:
        found = induce(source, target, language, parser=tagger, limits=limits, progress=progress)
    write(out, found)
    report = {"out": str(out), **found.report}
    if as_json:
        _print_json(report)
        return
    print(f"{out}: {_counted(report, 'headwords', 'entries')} from {report['used']:,} sentence pairs")
    if report["dropped"]:
        print("left out: " + ", ".join(f"{n:,} {reason}" for reason, n in report["dropped"].items()))
    print(
        f"lemmas: English by {report['source_lemmas']}; the translation by {report['target_lemmas']}, "
        f"{report['merged']:,} forms by shape"
    )
    print(f"take it in with: morphaug resources import {report['language']} --lexicon {out}")


def _counted(counts: Any, *names: str) -> str:
    """ "12,000 rows, 300 lemmas" of the counts that there are."""
    return ", ".join(f"{counts[name]:,} {name}" for name in names if name in counts)


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    """Values given by repetition, by comma, or both."""
    return tuple(v.strip() for value in values for v in value.split(",") if v.strip())


def _pairs(values: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for value in values:
        role, equals, name = value.partition("=")
        if not (equals and role and name):
            raise MorphaugError(f"--field {value}", "write ROLE=NAME, as in --field premise=sentence1")
        pairs[role] = name
    return pairs


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
