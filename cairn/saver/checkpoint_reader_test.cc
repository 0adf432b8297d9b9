// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What TensorFlow's reader functions said about checkpoints of the corpus:
// tests/golden/cases/restore/readers.
#include "cairn/saver/checkpoint_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cairn/base/strings.h"
#include "cairn/saver/test_models.h"

namespace cairn::saver {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::vector<std::string> SortedLines(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(text, '\n')) {
    lines.emplace_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// 140 (U2 U3)
TEST(CheckpointReader, TellsWhatTensorFlowsTells) {
  const Json rows = Json::parse(GoldenBytes("restore/readers/readers.json"));
  size_t texts = 0;
  for (const auto& [path, row] : rows.items()) {
    SCOPED_TRACE(path);
    const auto reader =
        CheckpointReader::Load(LocalFileSystem(), GoldenPath(path));
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_FALSE((*reader)->HasTensor("no such key"));
    EXPECT_THAT(Message((*reader)->GetTensor("no such key").status()),
                HasSubstr("Key no such key not found in checkpoint"));
    // Names that are not UTF-8 are none for Python.
    if (!row["list_variables"].is_array()) continue;
    Json list = Json::array();
    const auto variables = (*reader)->ListVariables();
    ASSERT_TRUE(variables.ok()) << variables.status();
    for (const auto& [name, shape] : *variables) {
      list.push_back({name, std::vector<int64_t>(shape.dims().begin(),
                                                 shape.dims().end())});
      EXPECT_TRUE((*reader)->HasTensor(name));
    }
    EXPECT_EQ(list, row["list_variables"]);
    Json dtypes = Json::object();
    const auto map = (*reader)->VariableToDtypeMap();
    ASSERT_TRUE(map.ok());
    for (const auto& [name, dtype] : *map) dtypes[name] = DataTypeName(dtype);
    EXPECT_EQ(dtypes, row["dtypes"]);
    EXPECT_EQ((*reader)->VariableToShapeMap()->size(), variables->size());
    // Slices have lines of their own there, with keys that are no text.
    if (!row["debug_string"].is_string()) continue;
    ++texts;
    const std::string text = *(*reader)->DebugString();
    if (path.starts_with("v1/")) {  // in the order of a hash table
      EXPECT_EQ(SortedLines(text), SortedLines(row["debug_string"]));
    } else {
      EXPECT_EQ(text, row["debug_string"]);
    }
  }
  EXPECT_GT(texts, 8u);
}

// U1 U2
TEST(CheckpointReader, TakesDirectoriesAndNamesWithAnOutput) {
  const auto reader = CheckpointReader::Load(LocalFileSystem(),
                                             GoldenPath("sharded/tf1_saver"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->LoadVariable("global_step:0")->data<int64_t>()[0], 1);
  EXPECT_FALSE((*reader)->LoadVariable("global_step:0:0").ok());
  EXPECT_FALSE((*reader)->GetTensor("global_step:0").ok());
  EXPECT_THAT(*(*reader)->DebugString(),
              HasSubstr("p (DT_FLOAT) [11,3], 5 slices\n"));
  EXPECT_THAT(
      Message(CheckpointReader::Load(LocalFileSystem(), GoldenPath("sharded"))
                  .status()),
      HasSubstr("Couldn't find 'checkpoint' file or checkpoints in given "
                "directory "));
}

}  // namespace
}  // namespace cairn::saver
