import dataclasses

import keras
import numpy as np
import pytest

from satgan_tutorial import batching, conditions, recipes

pytestmark = pytest.mark.once

IMAGES = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("name", recipes.RECIPES)
def test_each_recipe_trains_two_steps_at_a_small_size(name):
    small = {"image_size": 16, "batch_size": 2}
    if isinstance(recipes.get(name), recipes.FlowRecipe):
        small |= {"width": 4, "multipliers": (1,), "blocks": (1,), "solver_steps": 2}
    else:
        small |= {"base_filters": 4}
    model = recipes.build(dataclasses.replace(recipes.get(name), **small), run_eagerly=True)
    width = conditions.width(recipes.get(name).conditions)
    condition = np.ones((len(IMAGES), width), np.float32) if width else None
    model.fit(batching.shuffled(IMAGES, 2, seed=0, condition=condition), steps_per_epoch=2, verbose=0)
    assert model.step == 2 and model.name == name
    assert np.isfinite(model.sample(1, 0, condition[0] if width else None)).all()


def test_the_posts_recipe_is_the_posts():
    model = recipes.build("post")
    assert [p.count_params() for p in (model.generator, model.discriminator)] == [4_741_635, 452_353]
    for optimizer, rate in ((model.g_optimizer, 3e-4), (model.optimizer, 6e-4)):
        assert isinstance(optimizer, keras.optimizers.RMSprop) and optimizer.clipvalue == 1
        schedule = optimizer._learning_rate
        assert float(schedule(0)) == pytest.approx(rate)
        assert float(schedule(10_000_000)) == pytest.approx(rate / 2)
    logits = model.discriminator(np.full((2, 80, 80, 3), 500.0, np.float32))
    assert np.abs(logits).max() > 1  # logits, not probabilities


@pytest.mark.parametrize("name", ["small", "book", "conditional", "causes"])
def test_the_books_generators_stay_small(name):
    assert recipes.build(name).generator.count_params() <= 500_000


def test_an_unknown_optimizer_lists_the_known():
    with pytest.raises(ValueError, match="no optimizer 'sgd'; there are adam and rmsprop"):
        recipes.build(dataclasses.replace(recipes.get("small"), optimizer="sgd"))


def test_an_unknown_recipe_lists_the_known():
    with pytest.raises(ValueError, match="'huge'.*post, dcgan, small, book, conditional, causes, flow"):
        recipes.get("huge")
