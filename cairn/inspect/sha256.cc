// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/inspect/sha256.h"

#include <nettle/sha2.h>

#include "cairn/base/strings.h"

namespace cairn::inspect {

struct Sha256::State {
  sha256_ctx context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  sha256_init(&state_->context);
}

Sha256::~Sha256() = default;

void Sha256::Update(std::string_view bytes) {
  sha256_update(&state_->context, bytes.size(),
                reinterpret_cast<const uint8_t*>(bytes.data()));
}

std::string Sha256::HexDigest() {
  char digest[SHA256_DIGEST_SIZE];
  sha256_digest(&state_->context, sizeof digest,
                reinterpret_cast<uint8_t*>(digest));
  return HexBytes({digest, sizeof digest});
}

}  // namespace cairn::inspect
