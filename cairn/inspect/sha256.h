// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4) of bytes that come in runs. Not thread-safe.
#ifndef CAIRN_INSPECT_SHA256_H_
#define CAIRN_INSPECT_SHA256_H_

#include <memory>
#include <string>
#include <string_view>

namespace cairn::inspect {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void Update(std::string_view bytes);
  // 64 hexadecimal digits; starts over.
  std::string HexDigest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_SHA256_H_
