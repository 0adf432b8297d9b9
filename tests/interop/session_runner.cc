// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// cairn_session_runner: runs a graph as tests tell it, several runs on one
// session.
//
//   echo '{"meta": "m.meta", "runs": [...]}' | cairn_session_runner
//
// A run: {"feeds": {"x:0": "x.npy"}, "texts": {"save/Const:0": "dir/m"},
//         "fetches": ["y:0"], "targets": ["op"], "out": "directory"},
// every part optional; or {"set": {"variable": "v.npy"}}, or
// {"get": ["variable"], "out": "directory"}. The answer is one JSON list, for
// each run {"values": [file or number, ...]} (numbers for float scalars
// without "out") or {"error": text, "code": number}.
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/data/npy.h"
#include "cairn/session/session.h"

namespace cairn {
namespace {

using nlohmann::json;

StatusOr<Tensor> ReadNpy(const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const std::string bytes,
                         LocalFileSystem().ReadFile(path, uint64_t{1} << 32));
  return data::ParseNpy(bytes, path);
}

StatusOr<json> Show(const std::vector<Tensor>& values, const json& run) {
  json shown = json::array();
  for (size_t i = 0; i < values.size(); ++i) {
    const Tensor& value = values[i];
    if (!run.contains("out")) {
      const bool plain =
          value.dtype() == DataType::kFloat && value.num_elements() == 1;
      shown.push_back(plain ? json(value.data<float>()[0])
                            : json(value.shape().ToString()));
      continue;
    }
    const std::string path =
        StrCat(run["out"].get<std::string>(), "/", i, ".npy");
    CAIRN_ASSIGN_OR_RETURN(const std::string npy, data::FormatNpy(value));
    CAIRN_RETURN_IF_ERROR(WriteFileAtomically(LocalFileSystem(), path, npy));
    shown.push_back(path);
  }
  return json({{"values", shown}});
}

StatusOr<json> RunOne(session::Session& session, const json& run) {
  if (run.contains("set")) {
    for (const auto& [name, path] : run["set"].items()) {
      CAIRN_ASSIGN_OR_RETURN(const Tensor value, ReadNpy(path));
      CAIRN_RETURN_IF_ERROR(session.SetVariable(name, value));
    }
    return json({{"values", json::array()}});
  }
  std::vector<Tensor> owned;
  if (run.contains("get")) {
    for (const std::string name : run["get"]) {
      CAIRN_ASSIGN_OR_RETURN(Tensor value, session.GetVariable(name));
      owned.push_back(std::move(value));
    }
    return Show(owned, run);
  }
  std::vector<std::string> names;
  const json feeds = run.value("feeds", json::object());
  for (const auto& [name, path] : feeds.items()) {
    CAIRN_ASSIGN_OR_RETURN(Tensor value, ReadNpy(path));
    owned.push_back(std::move(value));
    names.push_back(name);
  }
  const json texts = run.value("texts", json::object());
  for (const auto& [name, text] : texts.items()) {
    owned.push_back(Tensor::OfString(text));
    names.push_back(name);
  }
  std::vector<session::Feed> fed;
  for (size_t i = 0; i < owned.size(); ++i) {
    fed.push_back({names[i], owned[i].view()});
  }
  CAIRN_ASSIGN_OR_RETURN(
      const std::vector<Tensor> values,
      session.Run(fed, run.value("fetches", std::vector<std::string>()),
                  run.value("targets", std::vector<std::string>())));
  return Show(values, run);
}

StatusOr<json> RunAll(const json& job) {
  CAIRN_ASSIGN_OR_RETURN(
      const graph::MetaGraph meta,
      graph::MetaGraph::Read(LocalFileSystem(), job.at("meta")));
  session::SessionOptions options;
  options.threads = job.value("threads", 0);
  options.seed = job.value("seed", uint64_t{0});
  CAIRN_ASSIGN_OR_RETURN(
      auto session, session::Session::Create(LocalFileSystem(), meta, options));
  json answers = json::array();
  for (const json& run : job.at("runs")) {
    const StatusOr<json> answer = RunOne(*session, run);
    answers.push_back(answer.ok()
                          ? *answer
                          : json({{"error", Message(answer.status())},
                                  {"code", answer.status().raw_code()}}));
  }
  return answers;
}

}  // namespace
}  // namespace cairn

int main() {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const auto answer = cairn::RunAll(nlohmann::json::parse(text));
  if (!answer.ok()) {
    std::cerr << "cairn_session_runner: " << cairn::Message(answer.status())
              << "\n";
    return 1;
  }
  std::cout << answer->dump(-1, ' ', false,
                            nlohmann::json::error_handler_t::replace)
            << "\n";
  return 0;
}
