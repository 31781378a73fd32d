"""Fills in chat templates as transformers does: chat.py TEMPLATES CONVERSATIONS OUT."""
import json, pathlib, sys
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

templates, conversations, out = sys.argv[1:]
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=Tokenizer(models.BPE()), bos_token="<s>", eos_token="</s>")
said = {}
for file in sorted(pathlib.Path(templates).glob("*.jinja")):
    tokenizer.chat_template = file.read_text()
    for i, messages in enumerate(json.load(open(conversations))):
        try:
            text = tokenizer.apply_chat_template(
                messages, tokenize=False,
                strftime_now=lambda form: __import__("datetime").date(2024, 7, 26).strftime(form))
        except Exception as e:
            text = "refused"
            print(file.name, i, type(e), e)
        said[f"{file.name} {i}"] = text
json.dump(said, open(out, "w"))
