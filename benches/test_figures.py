"""figures.py on what the programs have printed: `python3 -m unittest discover benches`."""
import re
import unittest

import figures
from figures import FIGURES, blocks, faults, with_figures

# With the lines around them that are no figures, each behind a `~`.
PRINTED = {
    "parse": """~recorded: 98 parts, 63431 blocks, 36000000 bytes
~a call of the SDK with an empty response: 41.1µs
inkseal               1219 MB/s    2169318 blocks/s    9.0x
aws-sdk-textract       136 MB/s     241612 blocks/s    1.0x
serde_json owned       199 MB/s     353430 blocks/s    1.5x
serde_json Value        76 MB/s     135791 blocks/s    0.6x
~bytes a block in memory: cargo bench --bench memory (an allocator that counts would slow these rows)
""",
    "redact": """~98 recorded pages

pages   KB of text  entities   patterns              the whole stage
~    1          1.0       2.7    6.0 MB/s    6000 pages/s   1500 pages/s    1.5 MB/s
   40         40.0     108.0    6.1 MB/s    6146 pages/s   1511 pages/s    1.5 MB/s
  400        399.6    1080.0    6.2 MB/s    6240 pages/s   1549 pages/s    1.5 MB/s

~40 pages, 1 documents    requests      units    seconds
~the stage                       1        401       0.06
~a request a page               40        419       0.66
~a request a line             2398       7194      35.97
~units: 1.0x fewer than by page, 17.9x fewer than by line

400 pages, 1 documents    requests      units    seconds
the stage                       5       4009       0.39
a request a page              400       4190       6.24
a request a line            23980      71940     (>360)
units: 1.0x fewer than by page, 17.9x fewer than by line
""",
    "stream": """300 pages of 500 blocks, 40 ms a request
inkseal             150000 blocks   first block   0.108 s   total    0.54 s   peak heap   19.1 MiB
aws-sdk-textract    150000 blocks   first block   0.049 s   total    7.22 s   peak heap   11.0 MiB
ratio            13.3x

3000 pages of 500 blocks, 40 ms a request
inkseal            1500000 blocks   first block   0.146 s   total    4.46 s   peak heap   17.9 MiB
aws-sdk-textract   1500000 blocks   first block   0.049 s   total   74.43 s   peak heap   11.0 MiB
ratio            16.7x

64 streams at once: 300 pages of 50 blocks each
inkseal             960000 blocks   first block   0.596 s   total    2.26 s   peak heap  814.9 MiB

~peak heap at 3,000 pages: 0.94 of that at 300, and 0.95 with 64 streams
""",
}



def printed(name):
    return PRINTED[name].replace("~", "")


def kept(name):
    """The figures, with one blank line where there were any between them."""
    lines = "\n".join(line for line in PRINTED[name].splitlines() if not line.startswith("~"))
    return re.sub("\n{3,}", "\n\n", lines).strip("\n").splitlines()


PEERS = {
    "groups": [
        {
            "name": name,
            "files": files,
            "pages": pages,
            "contenders": [
                {"name": "inkseal", "mb_per_second": 545.4, "ours_over_this": 1.0},
                {"name": "trp", "mb_per_second": 32.04, "ours_over_this": 17.02},
                {"name": "textractor", "mb_per_second": None, "ours_over_this": None},
            ],
        }
        for name, files, pages in [("recorded responses", 98, 160), ("made", 1, 40), ("made", 1, 400), ("all of these", 100, 600)]
    ]
}


class ThePages(unittest.TestCase):
    def setUp(self):
        # Whatever was measured last.
        self.readme = with_figures(figures.read(), {name: kept(name) for name in PRINTED})
        self.benches = figures.benches_of_the_crate()

    def test_its_blocks_are_those_of_the_programs(self):
        self.assertEqual(list(faults(self.readme, self.benches)), [])

    def test_what_was_printed_is_what_stands_there(self):
        for name in PRINTED:
            lines = FIGURES[name].lines(printed(name))
            self.assertEqual(lines, kept(name), name)
            self.assertEqual(lines, blocks(self.readme)[name], name)
            self.assertEqual(list(FIGURES[name].faults(lines)), [])

    def test_a_block_is_written_and_nothing_else(self):
        self.assertEqual(with_figures(self.readme, {}), self.readme)
        lines = FIGURES["parse"].lines(printed("parse").replace("1219", "1220"))
        written = with_figures(self.readme, {"parse": lines})
        self.assertEqual(written, self.readme.replace("inkseal               1219", "inkseal               1220"))

    def test_what_is_missing_or_strange_is_told(self):
        def told(readme, benches=self.benches):
            return "\n".join(faults(readme, benches))

        self.assertIn("parse: no `<!--", told(self.readme.replace("<!-- figures: parse -->", "")))
        self.assertIn("parse: no block of text", told(self.readme.replace("parse -->\n```text", "parse -->\n```sh")))
        self.assertIn("no program prints", told(self.readme.replace("1219 MB/s", "very fast")))
        self.assertIn("no line such as", told(self.readme.replace("heap of the longer run", "")))
        self.assertIn("does not know how", told(self.readme.replace("figures: memory", "figures: mammary")))
        self.assertIn("2 blocks", told(self.readme + "\n<!-- figures: parse -->\n"))
        self.assertIn("new: a benchmark", told(self.readme, [*self.benches, "new"]))


class ThePeers(unittest.TestCase):
    def test_groups_stand_side_by_side(self):
        lines = figures.peers(PEERS)
        self.assertEqual(
            [" ".join(line.split()) for line in lines],
            [
                "98 recorded responses a document of 40 pages a document of 400 pages",
                "MB/s ours / peer MB/s ours / peer MB/s ours / peer",
                "inkseal 545 545 545",
                "trp 32.0 17.0x 32.0 17.0x 32.0 17.0x",
                "textractor - - -",
            ],
        )
        self.assertEqual(len({len(line) for line in lines[:2]}), 1)
        self.assertEqual(list(FIGURES["peers"].faults(lines)), [])

    def test_presidio_in_two_lines(self):
        recall = {"spans": 173, "sentences": 166, "missed": [], "at_default_score": 143}
        lines = figures.presidio({"speed": {"ratio": 117.6}, "recall": recall})
        found = "173 spans of Presidio in 166 sentences, 0 missed; 143 of them at our default score"
        self.assertEqual(lines, ["118 times as fast", found])
        self.assertEqual(list(FIGURES["presidio"].faults(lines)), [])


if __name__ == "__main__":
    unittest.main()
