# Trainer on NVIDIA's PyTorch image, whose torch is kept: docker build -t toolkit .    (scripts/build.sh)
# Another base: docker build --build-arg BASE=pytorch/pytorch:2.13.0-cuda13.0-cudnn9-devel .
# SGLang has an image of its own (docker-compose.yml): its pins differ from the trainer's.
ARG BASE=nvcr.io/nvidia/pytorch:26.06-py3
# hadolint ignore=DL3006
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /workspace

# The packages first, so that a change of the code does not install them again. A constraint on the torch that is there, so that
# pip does not replace it; NVIDIA's own constraints stay in force.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN python -c "import torch; print('torch==' + torch.__version__)" > /tmp/torch.txt \
    && grep -v '^torch==' constraints.txt > /tmp/constraints.txt \
    && python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print('\n'.join(r for r in p['dependencies'] + p['optional-dependencies']['train'] if not r.startswith('torch>')))" > /tmp/packages.txt \
    && python -m pip install -c /tmp/torch.txt -c /tmp/constraints.txt -r /tmp/packages.txt

COPY . .
RUN python -m pip install --no-deps -e . && toolkit --version

ENTRYPOINT ["toolkit"]
CMD ["--help"]
