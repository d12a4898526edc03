"""Chain files written from what a model says of itself: its configuration, its graph, or the names of its tensors."""

from certify.chain.drafts.choose import Draft, draft

__all__ = ["Draft", "draft"]
