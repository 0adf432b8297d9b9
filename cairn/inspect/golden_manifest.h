// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// For tests: the manifests of the golden cases that are in the repository.
#ifndef CAIRN_INSPECT_GOLDEN_MANIFEST_H_
#define CAIRN_INSPECT_GOLDEN_MANIFEST_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cairn::inspect {

struct GoldenCheckpoint {
  std::string name;    // "seed/v2 tf_ckpt_v2/ckpt-2"
  std::string prefix;  // a path
  nlohmann::json manifest;
};

inline std::string GoldenPath(const std::string& relative) {
  return std::string(CAIRN_GOLDEN_DIR) + "/cases/" + relative;
}

inline nlohmann::json ReadJson(const std::string& path) {
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

// All bundles whose index is there, in order of name.
inline std::vector<GoldenCheckpoint> GoldenBundles() {
  std::vector<GoldenCheckpoint> found;
  const std::filesystem::path cases = GoldenPath("");
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(cases)) {
    if (file.path().filename() != "manifest.json") continue;
    const nlohmann::json manifest = ReadJson(file.path());
    if (!manifest.contains("checkpoints")) continue;
    for (const auto& checkpoint : manifest["checkpoints"]) {
      const std::filesystem::path prefix =
          file.path().parent_path() / checkpoint["prefix"].get<std::string>();
      if (checkpoint["format"] != "bundle" ||
          !std::filesystem::exists(prefix.string() + ".index")) {
        continue;
      }
      const auto name =
          std::filesystem::relative(file.path().parent_path(), cases).string();
      found.push_back({name + " " + checkpoint["prefix"].get<std::string>(),
                       prefix, checkpoint});
    }
  }
  std::ranges::sort(found, {}, &GoldenCheckpoint::name);
  return found;
}

}  // namespace cairn::inspect

#endif  // CAIRN_INSPECT_GOLDEN_MANIFEST_H_
