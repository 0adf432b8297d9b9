// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/writer.h"
#include "cairn/saver/test_models.h"

namespace cairn::saver {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// TensorFlow's files with a [2,3], n [], p [11,4] (in pieces) and scope/b [5].
std::string Golden(const std::string& name) {
  return GoldenPath("restore/saver/" + name);
}

Tensor Filled(Shape shape, float value) {
  auto tensor = Tensor::Create(DataType::kFloat, std::move(shape));
  EXPECT_TRUE(tensor.ok()) << tensor.status();
  for (float& element : tensor->data<float>()) element = value;
  return *std::move(tensor);
}

// Whether all elements are still what Filled made them.
bool IsFilled(const Variable& variable, float value) {
  for (const float element : variable.data<float>()) {
    if (element != value) return false;
  }
  return true;
}

Status Restore(FileSystem& fs, const std::vector<NamedVariable>& variables,
               const std::string& path, std::string* note = nullptr) {
  auto saver = Saver::Create(fs, variables);
  EXPECT_TRUE(saver.ok()) << saver.status();
  return (*saver)->Restore(path, note);
}

TEST(Restore, ReadsWhatTensorFlowWrote) {
  for (const std::string name : {"v2", "sh", "withmeta"}) {
    SCOPED_TRACE(name);
    Variable a("a", Filled({2, 3}, -1)), b("scope/b", Filled({5}, -1));
    Variable p("p", Filled({11, 4}, -1)), n("n", Tensor::Scalar<int64_t>(-1));
    const Status status = Restore(
        LocalFileSystem(), {{"p", &p}, {"a", &a}, {"scope/b", &b}, {"n", &n}},
        Golden(name));
    ASSERT_TRUE(status.ok()) << status;
    const Loaded stored(LocalFileSystem(), Golden(name));
    for (Variable* expected : stored.variables()) {
      for (Variable* read : {&a, &b, &p, &n}) {
        if (read->name() != expected->name()) continue;
        EXPECT_TRUE(BitwiseEqual(read->value(), expected->value()))
            << read->name();
      }
    }
    EXPECT_FALSE(IsFilled(a, -1));
  }
}

// 058 (X3)
TEST(Restore, IgnoresTensorsNobodyAsksFor) {
  Variable a("anything", Filled({2, 3}, -1));
  EXPECT_TRUE(Restore(LocalFileSystem(), {{"a", &a}}, Golden("v2")).ok());
  EXPECT_FALSE(IsFilled(a, -1));
}

// 059 (X4 X6)
TEST(Restore, NamesMissingKeysAndTheNearest) {
  Variable a("a", Filled({2, 3}, -1)), b("b", Filled({5}, -1));
  Status status =
      Restore(LocalFileSystem(), {{"a", &a}, {"b", &b}}, Golden("v2"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(status),
              HasSubstr("v2: Key b not found in checkpoint; did you mean "
                        "scope/b?"));
  EXPECT_TRUE(IsFilled(a, -1));

  status = Restore(LocalFileSystem(), {{"yy", &a}, {"zz", &b}}, Golden("v2"));
  EXPECT_THAT(Message(status),
              HasSubstr("Key yy not found in checkpoint (2 keys are missing: "
                        "yy, zz)"));
}

// 060 (X5 X6)
TEST(Restore, RefusesAnotherDtypeAndChangesNothing) {
  auto doubles = Tensor::Create(DataType::kDouble, {5});
  ASSERT_TRUE(doubles.ok());
  Variable a("a", Filled({2, 3}, -1)), b("b", *std::move(doubles));
  Status status =
      Restore(LocalFileSystem(), {{"a", &a}, {"scope/b", &b}}, Golden("v2"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status),
              HasSubstr("tensor_name = scope/b; expected dtype double does not "
                        "equal original dtype float"));
  EXPECT_TRUE(IsFilled(a, -1));

  Variable n("n", Tensor::Scalar<int32_t>(0));
  status = Restore(LocalFileSystem(), {{"n", &n}}, Golden("v2"));
  EXPECT_THAT(Message(status), HasSubstr("expected dtype int32 does not equal "
                                         "original dtype int64"));
}

// 061 (X7 X8 §25)
TEST(Restore, RefusesAnotherShapeAndChangesNothing) {
  Variable a("a", Filled({2, 3}, -1)), b("b", Filled({6}, -1));
  Status status =
      Restore(LocalFileSystem(), {{"a", &a}, {"scope/b", &b}}, Golden("v2"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status),
              HasSubstr("tensor_name = scope/b; Assign requires shapes of both "
                        "tensors to match. lhs shape= [6] rhs shape= [5]"));
  EXPECT_TRUE(IsFilled(a, -1));
  // As many elements, but turned.
  Variable turned("a", Filled({3, 2}, -1));
  status = Restore(LocalFileSystem(), {{"a", &turned}}, Golden("v2"));
  EXPECT_THAT(Message(status), HasSubstr("lhs shape= [3,2] rhs shape= [2,3]"));
  EXPECT_TRUE(IsFilled(turned, -1));
}

// 068 (X12)
TEST(Restore, ReadsObjectBasedCheckpointsByFullName) {
  Variable a("a", Filled({2, 3}, -1)), b("b", Filled({5}, -1));
  const Status status = Restore(LocalFileSystem(), {{"a", &a}, {"scope/b", &b}},
                                Golden("object"));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(IsFilled(a, -1));
  EXPECT_FALSE(IsFilled(b, -1));
}

// 069 (X13)
TEST(Restore, ListsFullNamesThatDoNotMatch) {
  Variable a("a", Filled({2, 3}, -1)), q("q", Filled({5}, -1));
  const Status status =
      Restore(LocalFileSystem(), {{"q", &q}, {"a", &a}}, Golden("object"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(
      Message(status),
      HasSubstr("Existing variables not in the checkpoint: q\n\nVariables "
                "names when this checkpoint was written which don't exist now: "
                "scope/b\n\n(1 variable name(s) did match)"));
  EXPECT_TRUE(IsFilled(a, -1));
}

// X15
TEST(Restore, TakesObjectKeysDirectly) {
  Variable a("x", Filled({2, 3}, -1));
  EXPECT_TRUE(Restore(LocalFileSystem(), {{"a/.ATTRIBUTES/VARIABLE_VALUE", &a}},
                      Golden("object"))
                  .ok());
  EXPECT_FALSE(IsFilled(a, -1));
}

// A bundle that holds `graph` as its object graph and the number 5 under "k".
void PutObjectBased(MemoryFileSystem& fs, const Tensor& graph) {
  Commit commit(fs, "o");
  auto writer = bundle::BundleWriter::Create(commit, "o");
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Add("k", Tensor::Scalar<float>(5)).ok());
  ASSERT_TRUE((*writer)->Add("_CHECKPOINTABLE_OBJECT_GRAPH", graph).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
}

TEST(Restore, RejectsDamagedObjectGraphs) {
  Variable v("v", Filled({}, -1));
  for (const char* graph : {"\x0a", "\xff\xff\xff", "\x0a\x02\x12\x7f"}) {
    MemoryFileSystem fs;
    PutObjectBased(fs, Tensor::OfString(graph));
    const Status status = Restore(fs, {{"v", &v}}, "o");
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  }
  MemoryFileSystem fs;
  PutObjectBased(fs, Tensor::Scalar<int64_t>(7));
  EXPECT_THAT(Message(Restore(fs, {{"v", &v}}, "o")),
              HasSubstr("is not one string"));
}

// 070 (X14)
TEST(Restore, TakesTheLastObjectOfAFullName) {
  // Two nodes with full name "v"; the first one's key is not in the file.
  const auto node = [](const std::string& key) {
    const std::string attribute =
        std::string("\x12\x01v\x1a") + static_cast<char>(key.size()) + key;
    const std::string body =
        std::string("\x12") + static_cast<char>(attribute.size()) + attribute;
    return std::string("\x0a") + static_cast<char>(body.size()) + body;
  };
  Variable v("v", Filled({}, -1));
  MemoryFileSystem fs;
  PutObjectBased(fs, Tensor::OfString(node("absent") + node("k")));
  ASSERT_TRUE(Restore(fs, {{"v", &v}}, "o").ok());
  EXPECT_TRUE(IsFilled(v, 5));

  MemoryFileSystem other;
  PutObjectBased(other, Tensor::OfString(node("k") + node("absent")));
  const Status status = Restore(other, {{"v", &v}}, "o");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(status), HasSubstr("Key absent not found"));
}

// 057 (X2 §25)
TEST(Restore, TakesAnIndexPathForItsPrefixWithANote) {
  Variable a("a", Filled({2, 3}, -1));
  std::string note;
  ASSERT_TRUE(
      Restore(LocalFileSystem(), {{"a", &a}}, Golden("v2"), &note).ok());
  EXPECT_EQ(note, "");
  ASSERT_TRUE(
      Restore(LocalFileSystem(), {{"a", &a}}, Golden("v2.index"), &note).ok());
  EXPECT_THAT(note, HasSubstr("v2.index is a file of the checkpoint"));
}

// 056 (X1)
TEST(Restore, SaysWhatAPathIsThatIsNoCheckpoint) {
  struct Case {
    std::string path;
    absl::StatusCode code;
    const char* text;
  };
  const Case kCases[] = {
      {"", absl::StatusCode::kNotFound,
       "The passed save_path is not a valid checkpoint: "},
      {Golden("nowhere"), absl::StatusCode::kNotFound,
       "is not a valid checkpoint"},
      {Golden("nowhere.index"), absl::StatusCode::kNotFound,
       "is not a valid checkpoint"},
      {Golden("v2 "), absl::StatusCode::kNotFound, "is not a valid checkpoint"},
      {Golden("v?"), absl::StatusCode::kNotFound, "is not a valid checkpoint"},
      {GoldenPath("restore/saver"), absl::StatusCode::kDataLoss,
       "it is a directory"},
      {Golden("withmeta.meta"), absl::StatusCode::kDataLoss,
       "not an sstable (bad magic number): perhaps your file is in a different "
       "file format and you need to use a different restore operator? It is a "
       "file of the checkpoint"},
      {Golden("v2.data-00000-of-00001"), absl::StatusCode::kDataLoss,
       "not an sstable (bad magic number): perhaps your file is in a different "
       "file format and you need to use a different restore operator? It is a "
       "file of the checkpoint"},
      {Golden("outcomes.json"), absl::StatusCode::kDataLoss,
       "not an sstable (bad magic number)"},
      // What only starts the names of shards.
      {Golden("v1sh"), absl::StatusCode::kNotFound,
       "is not a valid checkpoint"},
  };
  for (const Case& c : kCases) {
    Variable a("a", Filled({2, 3}, -1));
    const Status status = Restore(LocalFileSystem(), {{"a", &a}}, c.path);
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(Message(status), HasSubstr(c.text));
    EXPECT_TRUE(IsFilled(a, -1));
  }
}

TEST(Restore, ChangesNothingWhenTheLastTensorIsDamaged) {
  MemoryFileSystem fs;
  Numbers model(4);
  ASSERT_TRUE(MakeSaver(fs, model.variables())->Save("m").ok());
  std::string data = *fs.ReadFile("m.data-00000-of-00001", 100);
  data.back() = static_cast<char>(data.back() ^ 1);
  fs.Put("m.data-00000-of-00001", data);
  Numbers other(7);
  const Status status = MakeSaver(fs, other.variables())->Restore("m");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(other.value(), 7);
}

std::string Bits(const std::vector<Variable*>& variables) {
  std::string bits;
  for (const Variable* v : variables) bits += v->value().bytes();
  return bits;
}

// R9: LeNet-5 with its optimizer's slots, in either format, each tensor damaged
// in turn; all variables are compared, bit for bit.
TEST(Restore, ChangesNoBitWhenAnyTensorOfLeNetIsDamaged) {
  MemoryFileSystem fs;
  const Loaded trained(LocalFileSystem(),
                       GoldenPath("seed/v1_with_slots/tf_ckpt/model-93"));
  std::vector<std::unique_ptr<Variable>> zeros;
  std::vector<Variable*> variables;
  for (const Variable* v : trained.variables()) {
    zeros.push_back(std::make_unique<Variable>(
        v->name(), *Tensor::Create(v->dtype(), v->shape())));
    variables.push_back(zeros.back().get());
  }
  const std::string before = Bits(variables);
  for (const WriteVersion version : {WriteVersion::kV2, WriteVersion::kV1}) {
    const std::string path = version == WriteVersion::kV2 ? "v2" : "v1";
    SCOPED_TRACE(path);
    ASSERT_TRUE(MakeSaver(fs, trained.variables(), {.write_version = version})
                    ->Save(path)
                    .ok());
    std::string file = path;
    std::vector<size_t> places;
    if (version == WriteVersion::kV2) {
      file = bundle::DataPath(path, 0, 1);
      const auto reader = *bundle::BundleReader::Open(fs, path);
      for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
        places.push_back(
            static_cast<size_t>(it->entry()->offset + it->entry()->size - 1));
      }
    }
    const std::string whole = fs.Files().at(file);
    for (size_t at = 100; version == WriteVersion::kV1 && at < whole.size();
         at += whole.size() / 60) {
      places.push_back(at);
    }
    EXPECT_GE(places.size(), 40u);
    const auto saver = MakeSaver(fs, variables);
    for (const size_t at : places) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 4);
      fs.Put(file, damaged);
      const Status status = saver->Restore(path);
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << at << status;
      ASSERT_TRUE(Bits(variables) == before) << at;
    }
    fs.Put(file, whole);
  }
  ASSERT_TRUE(MakeSaver(fs, variables)->Restore("v2").ok());
  EXPECT_TRUE(Bits(variables) == Bits(trained.variables()));
}

TEST(Restore, ChangesNothingWhenAnyCallFails) {
  MemoryFileSystem memory;
  Numbers model(4);
  ASSERT_TRUE(MakeSaver(memory, model.variables())->Save("m").ok());
  FaultFileSystem fs(memory);
  for (int n = 0;; ++n) {
    Numbers other(7);
    fs.FailCall(n, DataLossError("cannot read"));
    const Status status = MakeSaver(fs, other.variables())->Restore("m");
    if (!fs.fired()) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_GT(n, 1);
      break;
    }
    if (status.ok()) {
      EXPECT_EQ(other.value(), 4);
    } else {
      EXPECT_EQ(other.value(), 7);
    }
  }
}

TEST(Restore, ReadsThroughASwitchThatWasCutOff) {
  MemoryFileSystem fs;
  Numbers model(1);
  auto saver = MakeSaver(fs, model.variables());
  ASSERT_TRUE(saver->Save("m").ok());
  fs.ClearLog();
  model.Set(2);
  ASSERT_TRUE(saver->Save("m").ok());
  int through_journal = 0;
  for (size_t n = 0; n <= fs.log().size(); ++n) {
    fs.CrashImages(n, 10, [&](MemoryFileSystem& image) {
      Numbers restored(0);
      const bool journal = HasJournal(image, "m");
      auto other = MakeSaver(image, restored.variables());
      ASSERT_TRUE(other->Restore("m").ok());
      if (!journal) return;
      ++through_journal;
      EXPECT_EQ(restored.value(), 2);
      // Reading has not changed the directory, the next save completes it.
      EXPECT_TRUE(HasJournal(image, "m"));
      restored.Set(3);
      ASSERT_TRUE(other->Save("m").ok());
      EXPECT_FALSE(HasJournal(image, "m"));
    });
  }
  EXPECT_GT(through_journal, 0);
}

}  // namespace
}  // namespace cairn::saver
