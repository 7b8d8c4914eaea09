"""Documents of many pages, made of recorded ones or from nothing; the same ones every time."""
import json
import random
import uuid
from collections import defaultdict

TYPES = set(
    "PAGE LINE WORD TABLE CELL MERGED_CELL TABLE_TITLE TABLE_FOOTER KEY_VALUE_SET SELECTION_ELEMENT SIGNATURE QUERY"
    " QUERY_RESULT LAYOUT_TITLE LAYOUT_SECTION_HEADER LAYOUT_TEXT LAYOUT_LIST LAYOUT_TABLE LAYOUT_KEY_VALUE"
    " LAYOUT_FIGURE LAYOUT_HEADER LAYOUT_FOOTER LAYOUT_PAGE_NUMBER".split()
)
MEMBERS = set(
    "BlockType Id Confidence Text TextType Geometry Relationships EntityTypes SelectionStatus Page RowIndex ColumnIndex"
    " RowSpan ColumnSpan Query".split()
)


def recorded_pages(files):
    """The pages that every contender reads: nothing null, undocumented or missing in them."""
    pages = []
    for file in files:
        by_number = defaultdict(list)
        for block in json.loads(file.read_bytes()).get("Blocks") or []:
            by_number[block.get("Page") or 1].append(block)
        pages += [page for _, page in sorted(by_number.items()) if is_plain(page)]
    return pages


def is_plain(page):
    ids = {block.get("Id") for block in page}
    return page[0].get("BlockType") == "PAGE" and all(
        block.get("BlockType") in TYPES
        and MEMBERS.issuperset(block)
        and None not in block.values()
        and (block["BlockType"] != "WORD" or "TextType" in block)
        and all(ids.issuperset(relationship["Ids"]) for relationship in block.get("Relationships", []))
        for block in page
    )


def made_pages(count=20):
    """Pages of their own, where there are no recorded ones: paragraphs, a table, a form."""
    return [made_page(random.Random(number), str(number)) for number in range(count)]


def made_page(chance, name):
    page, top = [], 0.05

    def geometry(left, top, width, height):
        left, top, width, height = (x + chance.random() * 1e-4 for x in (left, top, width, height))
        corners = (left, top), (left + width, top), (left + width, top + height), (left, top + height)
        box = {"Width": width, "Height": height, "Left": left, "Top": top}
        return {"BoundingBox": box, "Polygon": [{"X": x, "Y": y} for x, y in corners]}

    def block(kind, box, children=(), **members):
        this = {"BlockType": kind, "Id": f"{name} {len(page)}", "Geometry": geometry(*box), **members}
        if kind != "PAGE":
            this["Confidence"] = 80 + 20 * chance.random()
        if children:
            this["Relationships"] = [{"Type": "CHILD", "Ids": list(children)}]
        page.append(this)
        return this["Id"]

    def line(left, width, words):
        texts = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 10))) for _ in range(words)]
        step = width / words
        ids = [
            block("WORD", (left + i * step, top, step * 0.9, 0.012), Text=text, TextType="PRINTED")
            for i, text in enumerate(texts)
        ]
        return block("LINE", (left, top, width, 0.012), ids, Text=" ".join(texts)), ids

    block("PAGE", (0, 0, 1, 1))
    for _ in range(6):
        start, ids = top, []
        for _ in range(5):
            ids.append(line(0.1, 0.8, 9)[0])
            top += 0.015
        block("LAYOUT_TEXT", (0.1, start, 0.8, top - start), ids)
        top += 0.015
    start, cells, ids = top, [], []
    for row in range(1, 7):
        for column in range(1, 5):
            box = (0.1 + 0.2 * (column - 1), top, 0.2, 0.015)
            text, words = line(box[0], 0.18, 2)
            place = {"RowIndex": row, "ColumnIndex": column, "RowSpan": 1, "ColumnSpan": 1}
            header = {"EntityTypes": ["COLUMN_HEADER"]} if row == 1 else {}
            cells.append(block("CELL", box, words, **place, **header))
            ids.append(text)
        top += 0.015
    block("TABLE", (0.1, start, 0.8, top - start), cells, EntityTypes=["STRUCTURED_TABLE"])
    block("LAYOUT_TABLE", (0.1, start, 0.8, top - start), ids)
    top += 0.015
    start, ids = top, []
    for _ in range(8):
        key, key_words = line(0.1, 0.2, 2)
        value, value_words = line(0.4, 0.3, 3)
        answer = block("KEY_VALUE_SET", (0.4, top, 0.3, 0.012), value_words, EntityTypes=["VALUE"])
        block("KEY_VALUE_SET", (0.1, top, 0.2, 0.012), key_words, EntityTypes=["KEY"])
        page[-1]["Relationships"].insert(0, {"Type": "VALUE", "Ids": [answer]})
        ids += [key, value]
        top += 0.015
    block("LAYOUT_KEY_VALUE", (0.1, start, 0.8, top - start), ids)
    children = [each["Id"] for each in page[1:] if each["BlockType"] not in ("WORD", "CELL")]
    page[0]["Relationships"] = [{"Type": "CHILD", "Ids": children}]
    return page


def document(pages, count):
    """One response of so many pages: those given, spread evenly, each time with ids of its own."""
    blocks = []
    for number in range(1, count + 1):
        page = pages[(number - 1) * len(pages) // count]
        fresh = {block["Id"]: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number} {block['Id']}")) for block in page}
        for block in page:
            copy = {**block, "Id": fresh[block["Id"]], "Page": number}
            if "Relationships" in block:
                copy["Relationships"] = [{**r, "Ids": [fresh[i] for i in r["Ids"]]} for r in block["Relationships"]]
            blocks.append(copy)
    return {
        "DocumentMetadata": {"Pages": count},
        "JobStatus": "SUCCEEDED",
        "AnalyzeDocumentModelVersion": "1.0",
        "Blocks": blocks,
    }
