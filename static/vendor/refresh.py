"""Fetch the vendored browser files again; for developers only, needs npm. Nothing at run time calls this.

python static/vendor/refresh.py            # fetch, write, print the table of docs/licences.md
python static/vendor/refresh.py --check    # compare the committed files with docs/licences.md, offline
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent
LICENCES = STATIC.parent / "docs" / "licences.md"

# package, version, file in the package, file here
FILES = [
    ("htmx.org", "2.0.11", "dist/htmx.min.js", "htmx.min.js"),
    ("htmx.org", "2.0.11", "LICENSE", "htmx.LICENSE.txt"),
    ("plotly.js-basic-dist-min", "4.1.1", "plotly-basic.min.js", "plotly-basic.min.js"),
    ("plotly.js-basic-dist-min", "4.1.1", "LICENSE", "plotly.LICENSE.txt"),
    ("@fontsource-variable/inter", "5.3.0", "files/inter-latin-wght-normal.woff2", "inter-latin-wght-normal.woff2"),
    ("@fontsource-variable/inter", "5.3.0", "LICENSE", "inter.LICENSE.txt"),
    ("lucide-static", "1.62.0", "LICENSE", "lucide.LICENSE.txt"),
]
LUCIDE = ("lucide-static", "1.62.0")
# Names in the sprite, with the Lucide file where that one has since been renamed.
ICONS = """
activity alert-triangle=triangle-alert arrow-down arrow-up bell book-open building-2 calendar check check-check
chevron-down chevron-left chevron-right chevrons-up-down circle-dot circle-help=circle-question-mark clock columns-3
command copy database download external-link file-text filter=funnel flag gauge globe handshake history inbox info
key-round keyboard layers layout-dashboard life-buoy line-chart=chart-line link list-checks lock log-out mail
message-square minus monitor moon more-horizontal=ellipsis panel-left pencil phone plus refresh-cw repeat scale
search settings share-2 shield-check sliders-horizontal star sun table table-2 target trash-2 trending-down
trending-up undo-2 upload user users x
"""
# The four shapes of the bands are ours: circle, triangle, diamond, dashed ring.
SHAPES = """\
<symbol id="h-good" viewBox="0 0 12 12"><circle cx="6" cy="6" r="4.5" fill="currentColor"/></symbol>
<symbol id="h-watch" viewBox="0 0 12 12"><path d="M6 1.1 11.4 10.6H.6z" fill="currentColor"/></symbol>
<symbol id="h-risk" viewBox="0 0 12 12"><path d="M6 .4 11.6 6 6 11.6.4 6z" fill="currentColor"/></symbol>
<symbol id="h-none" viewBox="0 0 12 12"><circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" \
stroke-width="1.6" stroke-dasharray="2 1.6"/></symbol>
"""
PEN = (
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
    'stroke-linecap="round" stroke-linejoin="round"'
)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpack(package: str, version: str, folder: Path) -> Path:
    target = folder / f"{package.replace('/', '_')}-{version}"
    if not target.exists():
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(folder / name) as archive:
            archive.extractall(target, filter="data")
    return target / "package"


def sprite(icons: Path) -> str:
    note = f"Lucide {LUCIDE[1]}, ISC: vendor/lucide.LICENSE.txt; h-* are our own"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg"><!-- {note} -->']
    for entry in ICONS.split():
        name, _, source = entry.partition("=")
        body = re.search(r"<svg[^>]*>(.*)</svg>", (icons / f"{source or name}.svg").read_text(), re.S)
        drawing = re.sub(r"\s*\n\s*", "", body[1])
        out.append(f'<symbol id="{name}" {PEN}>{drawing}</symbol>')
    return "\n".join(out) + "\n" + SHAPES + "</svg>\n"


def refresh() -> None:
    with tempfile.TemporaryDirectory() as name:
        for package, version, source, here in FILES:
            (HERE / here).write_bytes((unpack(package, version, Path(name)) / source).read_bytes())
        (STATIC / "icons.svg").write_text(sprite(unpack(*LUCIDE, Path(name)) / "icons"))
    for _, _, _, here in FILES:
        print(sha256(HERE / here), here)


def check() -> int:
    listed = dict(re.findall(r"`(static/vendor/[\w.-]+)`.*`([0-9a-f]{64})`", LICENCES.read_text()))
    root = STATIC.parent
    here = {f"static/vendor/{file}" for *_, file in FILES}
    wrong = sorted(here ^ listed.keys()) + [path for path, digest in listed.items() if sha256(root / path) != digest]
    print("\n".join(f"differs from docs/licences.md: {path}" for path in wrong) or "all files are as listed")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(check() if "--check" in sys.argv else refresh())
