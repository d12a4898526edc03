"""Chain files written from what a model says of itself: its configuration, its graph, or the names of its tensors."""

from certify.chain.drafts.choose import PRESETS, Draft, draft

__all__ = ["PRESETS", "Draft", "draft"]
