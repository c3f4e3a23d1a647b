"""The sweep is the classifier, window by window; peaks, matches, files and their faults."""

import numpy as np
import pandas as pd
import pytest
from keras import Input, Sequential, layers, utils
from PIL import Image
from scipy import ndimage

from satgan_tutorial import classifier, detect, exercises, load_chips, scenes
from satgan_tutorial.judge import Judge
from satgan_tutorial.sources import simulate

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def network():
    utils.set_random_seed(3)
    model = classifier.build(filters=4)
    for layer in model.layers:  # biases start at zero, where a forgotten one goes unnoticed
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(np.random.default_rng(4).normal(0, 0.3, layer.bias.shape))
    return model


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def table(*rows):
    return pd.DataFrame(rows, columns=["x", "y"])


@pytest.mark.slow
@pytest.mark.parametrize("stride", [8, 4, 2])
@pytest.mark.parametrize("size", [(80, 80), (83, 131), (153, 94)])
def test_a_sweep_is_the_chips_one_by_one_at_every_position(network, size, stride):
    scene = noise(*size)
    slow = detect.chip_by_chip(network, scene, stride=stride)
    assert (
        slow.shape == tuple((side - 80) // stride + 1 for side in size) and slow.std() > 1e-3 or slow.size < 4
    )
    for rows in (3, 128):  # several strips, and one
        fast = detect.sweep(network, scene, stride=stride, rows=rows)
        assert fast.shape == slow.shape and np.abs(fast - slow).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("source", ["real", "simulated"])
def test_a_sweep_of_a_large_scene_is_the_shipped_judge_at_each_window_tried(source):
    judge, scene = Judge(source), np.tile(noise(160, 160, 1) // 4 + 60, (12, 18, 1))[:1777, :2825]
    fast = detect.sweep(judge.classifier, scene)
    assert fast.shape == (425, 687)
    where = np.random.default_rng(5).integers(0, fast.shape, (200, 2))
    where[:4] = [(0, 0), (0, 686), (424, 0), (424, 686)]
    chips = np.stack([scene[4 * i : 4 * i + 80, 4 * j : 4 * j + 80] for i, j in where])
    assert np.abs(fast[tuple(where.T)] - classifier.logits(judge.classifier, chips)).max() < 1e-4


def test_networks_that_cannot_be_swept_say_why(network):
    scene = noise(100, 100)
    head = [layers.GlobalAveragePooling2D(), layers.Dense(1)]
    padded = Sequential(
        [Input((80, 80, 3)), layers.Conv2D(2, 3, strides=2, padding="same", name="first"), *head]
    )
    flat = Sequential([Input((80, 80, 3)), layers.Conv2D(2, 3, strides=8), layers.Flatten(), layers.Dense(1)])
    for model, word in ((padded, "'first'"), (flat, "0 global averages")):
        with pytest.raises(ValueError, match=word):
            detect.sweep(model, scene)
    with pytest.raises(ValueError, match="stride 3: expected a divisor of the network's own, 8"):
        detect.sweep(network, scene, stride=3)


def test_a_scene_is_checked_before_it_is_swept(network):
    with pytest.raises(scenes.SceneError, match="79 x 200 pixels; expected at least 80 x 80"):
        detect.sweep(network, noise(200, 79))
    with pytest.raises(scenes.SceneError, match=r"float32 \(100, 100, 3\)"):
        detect.sweep(network, np.zeros((100, 100, 3), np.float32))


def test_of_close_peaks_the_surest_stays():
    logits = np.full((60, 80), -5.0, np.float32)
    logits[10, 20], logits[10, 24], logits[14, 20] = 3, 2, 2.5  # one ship, 16 pixels apart
    logits[50, 70], logits[30, 5] = 4, -1
    found = detect.find(logits)
    assert found[["x", "y"]].to_numpy().tolist() == [[320, 240], [120, 80]]
    assert found.probability.round(3).tolist() == [0.982, 0.953]
    assert found.loc[0, ["left", "top", "right", "bottom"]].tolist() == [280, 200, 360, 280]
    assert len(detect.find(logits, threshold=0.2)) == 3
    assert len(detect.find(logits, apart=16)) == 4
    assert detect.find(logits[:2], threshold=0.99).empty
    assert detect.find(logits, stride=8).loc[0, ["x", "y"]].tolist() == [600, 440]


def test_a_ship_is_found_once():
    found = table((100, 100), (104, 100), (300, 300), (200, 100))
    ships = table((102, 101), (205, 100), (400, 100))
    assert detect.match(found, ships).tolist() == [True, False, False, True]
    assert detect.match(found, ships, near=1).tolist() == [False] * 4
    assert detect.match(found[:0], ships).tolist() == [] and not detect.match(found, ships[:0]).any()
    tied = detect.match(table((10, 0), (11, 0)), table((0, 0), (18, 0)))
    assert tied.tolist() == [True, True]  # each takes the nearest that is free


def test_an_image_of_any_kind_in_colour_is_read(tmp_path):
    scene = noise(90, 120)
    alpha = np.dstack([scene, np.full((90, 120), 77, np.uint8)])
    for name, pixels in (("rgb.png", scene), ("rgba.png", alpha), ("rgb.bmp", scene), ("rgb.tif", scene)):
        Image.fromarray(pixels).save(tmp_path / name)
        assert np.array_equal(scenes.read_image(tmp_path / name), scene), name
    Image.fromarray(scene).save(tmp_path / "rgb.jpg", quality=95)
    assert scenes.read_image(str(tmp_path / "rgb.jpg")).shape == (90, 120, 3)


def write(path, kind):
    import struct
    import zlib

    if kind == "rgb16":
        row = b"\0" + bytes(100 * 6)
        parts = [
            (b"IHDR", struct.pack(">IIBBBBB", 100, 100, 16, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(row * 100)),
            (b"IEND", b""),
        ]
        data = b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in parts
        )
        return path.write_bytes(data)
    if kind == "text":
        return path.write_text("no image")
    if kind.startswith("cut"):
        Image.fromarray(noise(200, 200)).save(path, format=kind[3:])
        return path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    pixels = {
        "grey": noise(100, 100)[..., 0],
        "grey16": noise(100, 100)[..., 0].astype(np.uint16) * 256,
        "small": noise(79, 100),
    }[kind]
    return Image.fromarray(pixels).save(path, format="PNG")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("small", "100 x 79 pixels; expected at least 80 x 80"),
        ("grey", "greyscale"),
        ("grey16", "more than 8 bits"),
        ("rgb16", "more than 8 bits"),
        ("cutPNG", "no whole image"),
        ("cutJPEG", "no whole image"),
        ("text", "no whole image"),
        ("missing", "nothing there"),
    ],
)
def test_a_file_that_is_no_scene_is_told_by_name(tmp_path, kind, words):
    path = tmp_path / "scene.png"
    if kind != "missing":
        write(path, kind)
    with pytest.raises(scenes.SceneError, match=words) as error:
        scenes.read_image(path)
    assert str(path) in str(error.value) and "expected" in str(error.value)


def test_what_is_found_is_written_as_a_table_and_as_a_picture(tmp_path):
    scene = np.full((120, 200, 3), 50, np.uint8)
    found = detect.find(np.array([[-9, 1.0]]), stride=40)
    detect.save(tmp_path / "boxes.csv", scene, found)
    assert (tmp_path / "boxes.csv").read_text().splitlines() == [
        "x,y,probability,left,top,right,bottom",
        "80,40,0.7311,40,0,120,80",
    ]
    detect.save(tmp_path / "boxed.png", scene, found)
    boxed = np.asarray(Image.open(tmp_path / "boxed.png"))
    changed = np.argwhere((boxed != scene).any(axis=-1))
    assert changed.min(axis=0).tolist() == [0, 40] and changed.max(axis=0).tolist() == [79, 119]
    assert (scene == 50).all()
    with pytest.raises(scenes.SceneError, match="'.gif'; expected .csv"):
        detect.save(tmp_path / "boxed.gif", scene, found)


def test_scenes_are_found_as_kaggle_nests_them_or_flat(tmp_path, monkeypatch):
    assert scenes.find_scenes("simulated") == {} == scenes.find_scenes(tmp_path)
    for folder in (".", "scenes", "scenes/scenes"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in ("lb_1.png", "scene_2.jpg", "1__20170101_1__-122.1_37.5.png", "note.txt"):
            (tmp_path / folder / name).touch()
        found = scenes.find_scenes(tmp_path)
        assert list(found) == ["lb_1", "scene_2"] and found["lb_1"] == tmp_path / folder / "lb_1.png"
    monkeypatch.setenv("SATGAN_DATA", str(tmp_path / "shipsnet.json"))
    assert list(scenes.find_scenes()) == ["lb_1", "scene_2"]
    monkeypatch.setenv("SATGAN_DATA", "simulated")
    assert scenes.find_scenes() == {}


def test_the_marks_are_whole_numbers_and_no_ship_is_marked_twice():
    marks = scenes.marked_ships()
    assert list(marks) == ["scene", "x", "y", "moored", "day"] and len(marks) == 65
    assert set(marks.day) == {"", "20170619", "20170719", "20171022"}
    assert set(marks.moored) == {0, 1} and (marks.dtypes[["x", "y"]] == int).all()
    for _, ships in marks.groupby("scene"):
        places = ships[["x", "y"]].to_numpy(float)
        apart = np.hypot(*(places[:, None] - places).T) + 1e9 * np.eye(len(places))
        assert apart.min() > 10


@pytest.mark.real
def test_the_marked_ships_lie_in_their_scenes_and_those_in_open_water_are_found():
    at_hand, total, found_ships = scenes.find_scenes(), 0, 0
    if not at_hand:
        pytest.skip("no scenes beside the real chips")
    days = set(scenes.marked_ships().day)
    assert not days & set(load_chips(say=lambda line: None).split(0).train.days)
    judge = Judge("real").classifier
    for name in ("lb_1", "lb_3"):
        scene, marks = scenes.read_image(at_hand[name]), scenes.marked_ships()
        ships = marks[marks.scene == name]
        assert (ships.x < scene.shape[1]).all() and (ships.y < scene.shape[0]).all()
        ships = ships[ships.moored == 0]
        total += len(ships)
        found_ships += detect.match(detect.detect(judge, scene), ships).sum()
    assert total == 10 and found_ships >= 9  # of two tankers longer than a chip, one may be missed


@pytest.mark.slow
def test_a_scene_is_drawn_with_its_ships_where_the_table_says():
    scene, ships = simulate.draw_scene(400, 600, seed=2, ships=4)
    assert (scene.shape, scene.dtype, len(ships)) == ((400, 600, 3), np.uint8, 4)
    again, same = simulate.draw_scene(400, 600, seed=2, ships=4)
    assert np.array_equal(scene, again) and ships.equals(same)
    other, _ = simulate.draw_scene(400, 600, seed=3, ships=4)
    assert not np.array_equal(scene, other)
    chips = np.stack([scene[y - 40 : y + 40, x - 40 : x + 40] for x, y in zip(ships.x, ships.y, strict=True)])
    assert (Judge("simulated").probability(chips) > 0.5).sum() >= 3
    bare, none = simulate.draw_scene(100, 90, seed=0, ships=0)
    assert bare.shape == (100, 90, 3) and len(none) == 0 and list(none) == ["x", "y"]
    with pytest.raises(ValueError, match="100 x 79 pixels: expected at least 80 x 80"):
        simulate.draw_scene(79, 100, seed=0)


@pytest.mark.slow
def test_most_ships_of_drawn_scenes_are_found():
    judge, right, wrong, known = Judge("simulated").classifier, 0, 0, 0
    for seed in (1, 2):
        scene, ships = simulate.draw_scene(500, 700, seed)
        good = detect.match(detect.detect(judge, scene, threshold=0.7), ships)
        right, wrong, known = right + good.sum(), wrong + (~good).sum(), known + len(ships)
    assert known >= 6 and right >= 0.8 * known and wrong <= known


def iou(a, b, low=0, twice=1, chips=False, beside=False):
    starts, ends = (b[:2], a[2:]) if beside else (np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:]))
    width, height = np.maximum(np.subtract(ends, starts), low)
    both = 2 * 80 * 80 if chips else sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (both - twice * width * height)


def greedy(x, y, p, apart, order=lambda p: np.argsort(-p), away=np.hypot, again=True):
    kept, struck = [], set()
    for i in order(p):
        if i not in struck:
            kept.append(i)
        if again or i in kept:
            struck |= {j for j in order(p) if j != i and away(x[j] - x[i], y[j] - y[i]) < apart}
    return kept


CASES = [
    (exercises.windows, ..., "To do"),
    (exercises.windows, lambda h, w, s: (h // s) * (w // s), "Not yet: the last window has to end inside"),
    (
        exercises.windows,
        lambda h, w, s: ((h - 80) // s) * ((w - 80) // s),
        "Not yet: there is a window before",
    ),
    (
        exercises.windows,
        lambda h, w, s: ((h - 80) / s + 1) * ((w - 80) / s + 1),
        "Not yet: there is no part of",
    ),
    (exercises.windows, lambda h, w, s: 7, "Not yet: a scene of 80 x 80 pixels has 1"),
    (exercises.windows, lambda h, w, s: ((h - 80) // s + 1) * ((w - 80) // s + 1), "Right"),
    (exercises.overlap, lambda a, b: ..., "To do"),
    (exercises.overlap, lambda a, b: iou(a, b, low=-999), "do not touch"),
    (exercises.overlap, lambda a, b: iou(a, b, twice=0), "Not yet: the two areas together"),
    (exercises.overlap, lambda a, b: 0.7, "it is 1.000, your function says 0.700"),
    (exercises.overlap, lambda a, b: iou(a, b, chips=True), "Not yet: a box may have any size"),
    (exercises.overlap, lambda a, b: iou(a, b, beside=True), "(-40, -40, 40, 40) it is 0.143"),
    (exercises.overlap, iou, "Right"),
    (exercises.suppress, lambda x, y, p, apart: None, "To do"),
    (exercises.suppress, lambda *a: greedy(*a), "struck out by the first"),
    (
        exercises.suppress,
        lambda *a: greedy(*a, again=False, order=lambda p: range(len(p))),
        "begin with the surest",
    ),
    (exercises.suppress, lambda *a: sorted(greedy(*a, again=False)), "from the surest down"),
    (
        exercises.suppress,
        lambda *a: greedy(*a, again=False, away=lambda u, v: max(abs(u), abs(v))),
        "straight line",
    ),
    (
        exercises.suppress,
        lambda x, y, p, apart: greedy(x, y, p, 40, again=False),
        "30 pixels apart, which is",
    ),
    (exercises.suppress, lambda x, y, p, apart: np.isin(range(len(p)), [0, 2, 3]), "return the indices"),
    (exercises.suppress, lambda x, y, p, apart: 0, "return the indices"),
    (exercises.suppress, lambda *a: greedy(*a, again=False), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_the_graders_tell_undone_wrong_and_right_apart(grader, answer, verdict, capsys):
    grader(answer)
    assert verdict in capsys.readouterr().out


# What is no data, and the rim


@pytest.fixture(scope="module")
def sea():
    """A judge, a piece of a scene with what it finds there, and the scene, which goes on for 90 pixels beyond it."""
    files = scenes.find_scenes()
    if "lb_1" in files:
        source, scene = "real", scenes.read_image(files["lb_1"])[:, 100:1500]
    else:
        source, (scene, _) = "simulated", simulate.draw_scene(680, 880, seed=6)
    judge, piece = Judge(source).classifier, np.ascontiguousarray(scene[90:-90, 90:-90])
    return judge, piece, detect.detect(judge, piece), scene


def turned(scene, angle, mode="RGB"):
    """The scene turned on black, or on transparent black."""
    picture = Image.fromarray(scene).convert(mode)
    return picture.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)


def split_by_rim(found, inside):
    """How many are farther from the rim of the turned scene than half a window, and nearer."""
    deep = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1][found.y, found.x]
    return (deep > 44).sum(), ((deep > 4) & (deep <= 44)).sum()


@pytest.mark.slow
@pytest.mark.parametrize("angle", [7, 30, -50])
@pytest.mark.parametrize("kind", ["black.png", "black.jpg", "alpha.png"])
def test_a_scene_turned_on_black_gives_the_finds_of_one_that_goes_on(sea, tmp_path, angle, kind):
    judge, piece, _, scene = sea
    after = turned(piece, angle, "RGBA" if "alpha" in kind else "RGB")
    inside = np.array(turned(np.full_like(piece, 255), angle))[..., 0] > 128
    after.save(tmp_path / kind, quality=95)
    read = scenes.read_scene(tmp_path / kind)
    found = detect.detect(judge, read.pixels, valid=read.valid)
    assert inside[found.y, found.x].all()
    # What the turn itself costs shows where the scene goes on: there its windows see no black.
    whole = np.array(turned(scene, angle))
    top, left = ((large - small) // 2 for large, small in zip(whole.shape, inside.shape, strict=False))
    whole = whole[top : top + inside.shape[0], left : left + inside.shape[1]]
    there = detect.find(detect._sweep(judge, np.ascontiguousarray(whole)))
    (far, near), (far_there, near_there) = split_by_rim(found, inside), split_by_rim(there, inside)
    assert abs(far - far_there) <= 2 and near <= near_there + 2  # half a pixel may lie between the two
    # The black alone tells a sweep, without a mask.
    swept = detect.find(detect.sweep(judge, scenes.read_image(tmp_path / kind)))
    assert inside[swept.y, swept.x].all() and len(swept) <= len(found) + 1


def test_a_black_wedge_costs_no_ship_beside_it_and_gives_none(sea):
    judge, scene, upright, _ = sea
    cut = scene.copy()
    ship = upright.iloc[0]
    y, x = np.mgrid[: scene.shape[0], : scene.shape[1]]
    away = -1 if ship.x > scene.shape[1] / 2 else 1  # the wedge runs from the ship to the farther side
    wedge = (x - ship.x) * away - 0.2 * (y - ship.y) > 42
    cut[wedge] = 0
    found = detect.detect(judge, cut)
    assert not wedge[found.y, found.x].any()
    clear = upright[~wedge[upright.y, upright.x]]
    clear = clear[((clear.x - ship.x) * away - 0.2 * (clear.y - ship.y) < 30)]
    assert detect.match(found, clear).sum() == len(clear) >= 1
    assert len(found) <= len(clear) + 2


def test_windows_without_data_are_struck_and_no_other(network):
    scene, valid = noise(160, 240), np.ones((160, 240), bool)
    valid[:, 120:] = False
    scene[~valid] = 255
    for swept in (
        detect.sweep(network, scene, valid=valid),
        detect.chip_by_chip(network, scene, valid=valid),
    ):
        centres = 40 + 4 * np.arange(swept.shape[1])
        assert np.isfinite(swept[:, centres <= 112]).all() and (swept[:, centres >= 120] == -np.inf).all()
    same = detect.sweep(network, np.where(valid[..., None], scene, 7).astype(np.uint8), valid=valid)
    assert np.array_equal(same, detect.sweep(network, scene, valid=valid))
    assert len(detect.find(np.full_like(swept, 5), valid=valid, apart=1)) == np.isfinite(swept).sum()
    assert np.isfinite(detect.find(swept, threshold=0).probability).all()
    assert len(detect.find(swept, threshold=0, apart=1)) == np.isfinite(swept).sum()


def test_a_scene_without_gaps_is_swept_as_ever(network):
    scene = noise(120, 160)
    scene[50:60, 50:70] = 0  # black, but not at the rim
    plain = detect._sweep(network, scene)
    assert np.array_equal(detect.sweep(network, scene), plain)
    assert np.array_equal(detect.sweep(network, scene, valid=np.ones((120, 160), bool)), plain)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize("distance", [16, 24, 30])
def test_a_ship_near_the_rim_is_found(sea, side, distance):
    judge, scene, upright, _ = sea
    ships = upright[upright.probability > 0.9]
    hits = tried = 0
    for ship in ships.itertuples():
        top, bottom = max(ship.y - 150, 0), ship.y + 150
        left, right = max(ship.x - 150, 0), ship.x + 150
        if side == "left":
            left = ship.x - distance
        elif side == "right":
            right = ship.x + distance
        elif side == "top":
            top = ship.y - distance
        else:
            bottom = ship.y + distance
        piece = np.ascontiguousarray(scene[top:bottom, left:right])
        if min(piece.shape[:2]) >= 80:
            found = detect.detect(judge, piece)
            hits += (np.hypot(found.x - (ship.x - left), found.y - (ship.y - top)) <= detect.NEAR).any()
            tried += 1
            height, width = piece.shape[:2]
            assert (found.left >= 0).all() and (found.right <= width).all() and (found.bottom <= height).all()
            assert ((found.left < found.x) & (found.x <= found.right)).all()
    assert tried and hits >= 0.8 * tried


def test_arguments_that_do_not_fit_are_told(network):
    logits = np.zeros((4, 5))
    for wrong in (
        {"threshold": np.nan},
        {"threshold": 1.5},
        {"apart": 0},
        {"valid": np.ones((80, 80), bool)},
    ):
        with pytest.raises(ValueError, match="expected"):
            detect.find(logits, **wrong)
    for broken in (logits + np.nan, logits[0]):
        with pytest.raises(ValueError, match="logits: found"):
            detect.find(broken)
    with pytest.raises(ValueError, match="valid: found"):
        detect.sweep(network, noise(100, 100), valid=np.ones((100, 99), bool))
    with pytest.raises(scenes.SceneError, match="found a list"):
        detect.sweep(network, [[1]])


@pytest.mark.real
def test_what_is_found_inside_real_scenes_is_what_a_plain_sweep_finds():
    judge, more, files = Judge("real").classifier, 0, scenes.find_scenes()
    if not files:
        pytest.skip("no scenes beside the real chips")
    for file in files.values():
        scene = scenes.read_image(file)
        plain, found = detect.find(detect.sweep(judge, scene)), detect.detect(judge, scene)
        assert detect.match(found, plain).sum() == len(plain), file.name
        more += len(found) - len(plain)
    assert more <= 3  # at the rims of six scenes
