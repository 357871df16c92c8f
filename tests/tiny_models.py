"""Real models of a few kilobytes whose output is known: each token is followed by one certain other.

Attention adds nothing, embeddings are one-hot, and the last layer maps each token of the text to the next
one and every other token to the first. So a model writes its text after
any prompt, by the code that runs models of any size.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

SPECIAL = ["<pad>", "<unk>", "<eos>", "<|user|>", "<|assistant|>", "<|system|>"]
SIZE = 64
CHAT = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHAT


def causal(
    folder: Path, text: str, *, template: str = "", endless: bool = False, context: int = 2048
) -> Path:
    """Save a Llama that writes `text`, then ends, or writes it again and again."""
    tokenizer, successors = _tokenizer(text, endless)
    config = LlamaConfig(
        vocab_size=SIZE,
        hidden_size=SIZE,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=4,
        max_position_embeddings=context,
        tie_word_embeddings=False,
        pad_token_id=0,
        eos_token_id=2,
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(SIZE))
        model.lm_head.weight.copy_(successors)
    if template:
        tokenizer.chat_template = template
    return _saved(folder, model, tokenizer)


def seq2seq(folder: Path, text: str) -> Path:
    """Save a T5 that writes `text`, then ends."""
    tokenizer, successors = _tokenizer(text, endless=False)
    config = T5Config(
        vocab_size=SIZE,
        d_model=SIZE,
        d_kv=8,
        d_ff=SIZE,
        num_layers=1,
        num_heads=2,
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config)
    with torch.no_grad():
        model.shared.weight.copy_(torch.eye(SIZE))
        for block in model.decoder.block:
            block.layer[0].SelfAttention.o.weight.zero_()
            block.layer[1].EncDecAttention.o.weight.zero_()
            # The output layer is the embedding: what follows must be written before it.
            block.layer[2].DenseReluDense.wi.weight.copy_(torch.eye(SIZE))
            block.layer[2].DenseReluDense.wo.weight.copy_(10 * successors)
    tokenizer.model_max_length = 2048
    return _saved(folder, model, tokenizer)


def _tokenizer(text: str, endless: bool) -> tuple[PreTrainedTokenizerFast, torch.Tensor]:
    words = re.findall(r"\s?\S+", text)
    assert len(words) == len(set(words)), "each word stands once, so that it has one successor"
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *words])}
    assert len(vocabulary) <= SIZE
    core = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = Split(Regex(r"\s?\S+|\s+"), "isolated")
    core.decoder = Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<eos>",
        additional_special_tokens=SPECIAL[3:],
        clean_up_tokenization_spaces=False,
    )
    return tokenizer, _successors([vocabulary[word] for word in words], endless)


def _successors(written: Sequence[int], endless: bool) -> torch.Tensor:
    """Rows are the next token, columns the one before it."""
    following = dict(zip(written, [*written[1:], written[0] if endless else 2], strict=True))
    matrix = torch.zeros(SIZE, SIZE)
    for token in range(SIZE):
        matrix[following.get(token, written[0]), token] = 1.0
    return matrix


def _saved(
    folder: Path, model: LlamaForCausalLM | T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast
) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
