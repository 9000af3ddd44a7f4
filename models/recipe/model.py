"""A small Llama in PyTorch: RMSNorm, rotary positions (half-split as in Hugging Face), grouped queries, SwiGLU, tied embeddings."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 3840, "hidden_size": 128,
    "intermediate_size": 320, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
    "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None, "max_position_embeddings": 512,
    "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True, "initializer_range": 0.05,
    "bos_token_id": 0, "eos_token_id": 6, "pad_token_id": 2, "torch_dtype": "bfloat16", "use_cache": True,
}


class Norm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.h, self.kv, self.d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        n = c["hidden_size"]
        self.q_proj = nn.Linear(n, self.h * self.d, bias=False)
        self.k_proj = nn.Linear(n, self.kv * self.d, bias=False)
        self.v_proj = nn.Linear(n, self.kv * self.d, bias=False)
        self.o_proj = nn.Linear(self.h * self.d, n, bias=False)

    def forward(self, x, cos, sin, mask):  # x [batch, time, hidden]
        b, t, _ = x.shape
        split = lambda y, n: y.view(b, t, n, self.d).transpose(1, 2)
        q, k, v = split(self.q_proj(x), self.h), split(self.k_proj(x), self.kv), split(self.v_proj(x), self.kv)
        turn = lambda y: y * cos + torch.cat((-y[..., self.d // 2:], y[..., :self.d // 2]), -1) * sin
        q, k = turn(q), turn(k)
        k, v = (y.repeat_interleave(self.h // self.kv, 1) for y in (k, v))
        w = (q @ k.transpose(-1, -2) / math.sqrt(self.d) + mask).softmax(-1)
        return self.o_proj((w @ v).transpose(1, 2).reshape(b, t, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        n, m = c["hidden_size"], c["intermediate_size"]
        self.gate_proj, self.up_proj, self.down_proj = (nn.Linear(*s, bias=False) for s in ((n, m), (n, m), (m, n)))

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = (Norm(c["hidden_size"], c["rms_norm_eps"]) for _ in "ab")
        self.self_attn, self.mlp = Attention(c), Mlp(c)

    def forward(self, x, cos, sin, mask):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """Parameter names equal the checkpoint's names without the leading `model.`."""
    def __init__(self, c=CONFIG):
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = Norm(c["hidden_size"], c["rms_norm_eps"])
        std, depth = c["initializer_range"], 2 * c["num_hidden_layers"]
        for name, p in self.named_parameters():
            if p.dim() == 2:
                out = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(p, std=std / math.sqrt(depth) if out else std)
        d = c["head_dim"]
        angle = torch.arange(c["max_position_embeddings"])[:, None] * c["rope_theta"] ** (-torch.arange(0, d, 2) / d)[None]
        self.cos, self.sin = (torch.cat((f(angle), f(angle)), -1) for f in (torch.cos, torch.sin))

    def forward(self, ids):  # ids [batch, time], padded on the right -> hidden [batch, time, hidden]
        t, x = ids.shape[1], self.embed_tokens(ids)
        mask = torch.full((t, t), float("-inf"), dtype=x.dtype).triu(1)
        cos, sin = self.cos[:t].to(x.dtype), self.sin[:t].to(x.dtype)
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return self.norm(x)

    def logits(self, hidden):
        return hidden @ self.embed_tokens.weight.T


def bf16_rounded(model):
    """A copy whose weights are what the BF16 file holds."""
    copy = Llama(model.c)
    copy.load_state_dict({k: v.bfloat16().float() for k, v in model.state_dict().items()})
    return copy.eval()
