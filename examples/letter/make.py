#!/usr/bin/env python3
"""Makes letter.png and letter.json: a made-up letter, and the response that Textract would give for it.

Needs Pillow, and the fonts DejaVu Sans and Lohit Devanagari. Nobody in it is real: the card and account numbers are those of
the documentation of payment services, and the telephone number is one for fiction.
"""
import json
import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
FONTS = Path("/usr/share/fonts/truetype")
WIDTH, HEIGHT = 900, 640
REGULAR = "dejavu/DejaVuSans.ttf"
BOLD = "dejavu/DejaVuSans-Bold.ttf"
DEVANAGARI = "lohit-devanagari/Lohit-Devanagari.ttf"

# Left, top, size, font, and how many degrees it is turned; and what it says.
LINES = [
    (60, 50, 30, BOLD, 0, "Example Bank"),
    (620, 62, 18, REGULAR, 0, "12 November 2026"),
    (60, 130, 20, REGULAR, 0, "Dear Jane Doe,"),
    (60, 170, 20, REGULAR, 0, "as you asked we have changed what we know of you:"),
    (60, 225, 20, REGULAR, 0, "Telephone: +1 415-555-0132"),
    (60, 260, 20, REGULAR, 0, "Mail: jane.doe@example.com"),
    (60, 295, 20, REGULAR, 0, "SSN: 536-90-4399"),
    (60, 330, 20, REGULAR, 0, "IBAN: DE89 3704 0044 0532 0130 00"),
    (60, 365, 20, REGULAR, 0, "Card: 4111 1111 1111 1111, until 08/29"),
    (60, 400, 24, DEVANAGARI, 0, "नाम: जेन डो"),
    (60, 455, 20, REGULAR, 0, "If that was not you, write to help@example.com today."),
    (60, 520, 20, REGULAR, 0, "Your Example Bank"),
    (480, 590, 20, BOLD, 18, "Paid by 5555 5555 5555 4444"),
]


def main():
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    blocks, lines = [], []
    for number, (left, top, size, font, angle, text) in enumerate(LINES):
        font = ImageFont.truetype(str(FONTS / font), size)
        draw_turned(page, (left, top), font, angle, text)
        words, at = [], left
        for index, word in enumerate(text.split(" ")):
            corners = corners_of((left, top), (at, top), (font.getlength(word), *heights(font, word)), angle)
            words.append(block("WORD", f"w{number}-{index}", word, corners))
            at += font.getlength(word + " ")
        corners = corners_of((left, top), (left, top), (font.getlength(text), *heights(font, text)), angle)
        children = {"Relationships": [{"Type": "CHILD", "Ids": [word["Id"] for word in words]}]}
        line = block("LINE", f"l{number}", text, corners) | children
        lines.append(line["Id"])
        blocks += [line, *words]
    whole = block("PAGE", "page", None, [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)])
    whole["Relationships"] = [{"Type": "CHILD", "Ids": lines}]
    response = {"DocumentMetadata": {"Pages": 1}, "Blocks": [whole, *blocks]}
    (HERE / "letter.json").write_text(json.dumps(response, ensure_ascii=False, indent=1) + "\n")
    page.quantize(16).save(HERE / "letter.png", optimize=True)


def draw_turned(page, at, font, angle, text):
    layer = Image.new("L", page.size, 0)
    ImageDraw.Draw(layer).text(at, text, font=font, fill=255)
    layer = layer.rotate(angle, center=at, resample=Image.Resampling.BICUBIC)
    page.paste(0, mask=layer)


def heights(font, word):
    _, top, _, bottom = font.getbbox(word)
    return top, bottom


def corners_of(center, at, measures, angle):
    """The corners of a word, turned with its line against the clock."""
    width, top, bottom = measures
    x, y = at
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    upright = [(x, y + top), (x + width, y + top), (x + width, y + bottom), (x, y + bottom)]

    def turned(point):
        dx, dy = point[0] - center[0], point[1] - center[1]
        return center[0] + dx * cosine + dy * sine, center[1] - dx * sine + dy * cosine

    return [turned(point) for point in upright]


def block(kind, identity, text, corners):
    points = [{"X": round(x / WIDTH, 6), "Y": round(y / HEIGHT, 6)} for x, y in corners]
    xs, ys = [point["X"] for point in points], [point["Y"] for point in points]
    box = {
        "Width": round(max(xs) - min(xs), 6),
        "Height": round(max(ys) - min(ys), 6),
        "Left": min(xs),
        "Top": min(ys),
    }
    said = {} if text is None else {"Text": text, "Confidence": 99.5}
    return {"BlockType": kind, "Id": identity, "Page": 1} | said | {
        "Geometry": {"BoundingBox": box, "Polygon": points}
    }


main()
