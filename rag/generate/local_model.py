"""Language models on this machine: find one, tell which it is, load it. Nothing is ever downloaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

DEFAULT_CONTEXT = 4096
"""Tokens of context of a model that does not say how many it takes."""

_UNLIMITED = 1_000_000
"""Tokenizers that know no limit give a number beyond this."""


@dataclass(frozen=True)
class LocalModel:
    """A loaded model with its tokenizer; `context` counts tokens, for a seq2seq model those it reads."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    seq2seq: bool
    context: int

    @property
    def ends(self) -> frozenset[int]:
        """The tokens with which the model ends what it writes."""
        config: Any = self.model.generation_config
        ends = config.eos_token_id if config is not None else None
        return frozenset([ends] if isinstance(ends, int) else ends or ())


def find_model(name: str) -> Path:
    """Give the folder of a model: a path, or a name in the local model cache. Raises `ModelError`."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            folder = Path(snapshot_download(name, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError) as error:
            raise ModelError(
                f"The language model {name!r} is not on this machine. Give the path of its folder in "
                "GROUNDWIRE_GENERATOR, or a name that is in the local model cache."
            ) from error
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"The language model {name!r} has no weights as safetensors. Convert it, or choose another."
        )
    return folder


def fingerprint(folder: Path) -> str:
    """Give the SHA-256 of a model's weights; of several files, that of all in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def load_model(folder: Path, name: str) -> LocalModel:
    """Load a causal or seq2seq model, on the accelerator where there is one. Raises `ModelError`."""
    import torch
    from huggingface_hub import constants
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    constants.HF_HUB_OFFLINE = True
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        model: Any = kind.from_pretrained(
            folder,
            config=config,
            dtype="auto",
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except Exception as error:  # each kind of damage to a model's files has its own
        problem = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise ModelError(
            f"The language model {name!r} cannot be loaded: {problem}. Check the files in its folder."
        ) from error
    model.eval()
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    return LocalModel(model, tokenizer, bool(config.is_encoder_decoder), _context(config, tokenizer))


def _context(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    said = (tokenizer.model_max_length, getattr(config.get_text_config(), "max_position_embeddings", None))
    return min((n for n in said if isinstance(n, int) and 0 < n < _UNLIMITED), default=DEFAULT_CONTEXT)
