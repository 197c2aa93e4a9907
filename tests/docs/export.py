# export.py
import torch
from torch import nn

class Net(nn.Module):
    """Your network: (batch, 4, length) in, one number per task out."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(4, 32, 11, padding=5), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(32, 2)
        )

    def forward(self, x):
        return self.body(x)

torch.manual_seed(1)
model = Net()                                   # load_state_dict(...) here
example = torch.zeros(2, 4, 200)                # 200 bp; any batch of two or more
batch = torch.export.Dim("batch")
program = torch.export.export(model.eval(), (example,), dynamic_shapes=({0: batch},))
torch.export.save(program, "mynet.pt2")
