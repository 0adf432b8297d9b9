// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: incremental_bench DIR [MEBIBYTES [ROUNDS]]
//
// A frozen embedding below a small head: how long a full and an incremental
// save take, in turns (full, incremental, full, incremental, ...), each after
// the head has changed, and what they write. One line a round; the last one
// has the medians. Durable saves; DIR must be on the disk that is meant.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/object/checkpoint.h"

namespace cairn {
namespace {

struct Timed {
  double seconds = 0;
  uint64_t written = 0;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

StatusOr<Timed> Save(object::Checkpoint& checkpoint, const std::string& path,
                     std::optional<object::IncrementalSave> how) {
  Timed timed;
  object::SaveOptions options;
  options.incremental = std::move(how);
  options.report = [&](const object::SaveReport& report) {
    timed.written = report.written_bytes;
  };
  const auto begin = std::chrono::steady_clock::now();
  CAIRN_RETURN_IF_ERROR(checkpoint.Write(path, options).status());
  timed.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  return timed;
}

Status Run(const std::string& dir, int64_t mebibytes, int rounds) {
  Variable embedding(
      "embedding",
      *Tensor::Create(DataType::kFloat, Shape({mebibytes * 4096, 64})));
  float next = 0;
  for (float& value : embedding.data<float>()) value = next += 0.25f;
  Variable head("head", *Tensor::Create(DataType::kFloat, Shape({64, 1000})));
  object::Checkpoint checkpoint(LocalFileSystem(),
                                {{"embedding", &embedding}, {"head", &head}});
  const std::string base = JoinPath(dir, "base");
  CAIRN_RETURN_IF_ERROR(Save(checkpoint, base, std::nullopt).status());
  object::IncrementalSave by_bytes, by_checksum;
  by_bytes.from = by_checksum.from = base;
  by_checksum.how.compare = bundle::BundleReader::Compare::kChecksum;
  std::vector<double> full_times, ratios, checksum_ratios;
  for (int round = 0; round < rounds; ++round) {
    for (float& value : head.data<float>()) value += 1;
    CAIRN_ASSIGN_OR_RETURN(
        const Timed full,
        Save(checkpoint, JoinPath(dir, "full"), std::nullopt));
    CAIRN_ASSIGN_OR_RETURN(
        const Timed incremental,
        Save(checkpoint, JoinPath(dir, "incremental"), by_bytes));
    CAIRN_ASSIGN_OR_RETURN(
        const Timed checksum,
        Save(checkpoint, JoinPath(dir, "checksum"), by_checksum));
    std::printf(
        "full %.4f s, %llu bytes; incremental %.4f s, %llu bytes; by "
        "checksum %.4f s\n",
        full.seconds, static_cast<unsigned long long>(full.written),
        incremental.seconds,
        static_cast<unsigned long long>(incremental.written), checksum.seconds);
    full_times.push_back(full.seconds);
    ratios.push_back(incremental.seconds / full.seconds);
    checksum_ratios.push_back(checksum.seconds / full.seconds);
  }
  std::printf(
      "medians of %d: full %.4f s; incremental / full %.4f; by "
      "checksum / full %.4f\n",
      rounds, Median(full_times), Median(ratios), Median(checksum_ratios));
  return OkStatus();
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  const int64_t mebibytes = argc > 2 ? std::atoll(argv[2]) : 256;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 9;
  if (argc < 2 || argc > 4 || mebibytes < 1 || rounds < 1) {
    std::fprintf(stderr, "usage: incremental_bench DIR [MEBIBYTES [ROUNDS]]\n");
    return EXIT_FAILURE;
  }
  const cairn::Status status = cairn::Run(argv[1], mebibytes, rounds);
  if (!status.ok())
    std::fprintf(stderr, "%s\n", cairn::Message(status).c_str());
  return status.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
