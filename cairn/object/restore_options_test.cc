// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/checkpoint.h"
#include "cairn/object/checkpoint_view.h"
#include "cairn/object/test_support.h"
#include "cairn/tensor/containers.h"
#include "cairn/tensor/custom_value.h"
#include "cairn/tensor/hash_table.h"
#include "cairn/tensor/module.h"
#include "cairn/tensor/random_generator.h"
#include "cairn/v1/reader.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Tensor Scalar(float value) { return Tensor::Scalar(value); }

// A checkpoint of net {first {w}, second {w, b}} and step, under "ck".
class Parts : public ::testing::Test {
 protected:
  Parts() {
    EXPECT_TRUE(net_.Track("first", &first_).ok());
    EXPECT_TRUE(net_.Track("second", &second_).ok());
    EXPECT_TRUE(first_.Track("w", arena_.Add("w", Scalar(1))).ok());
    EXPECT_TRUE(second_.Track("w", arena_.Add("w", Scalar(2))).ok());
    EXPECT_TRUE(second_.Track("b", arena_.Add("b", Scalar(3))).ok());
    Checkpoint checkpoint(fs_, {{"net", &net_}, {"step", &step_}});
    EXPECT_TRUE(checkpoint.Write("ck").ok());
  }

  MemoryFileSystem fs_;
  Arena arena_;
  Group net_, first_, second_;
  Variable step_{"step", Tensor::Scalar(int64_t{5})};
};

TEST_F(Parts, RestoresFromASubPathOfTheCheckpoint) {
  Variable w("w", Scalar(0)), b("b", Scalar(0));
  Group layer;
  ASSERT_TRUE(layer.Track("w", &w).ok());
  Checkpoint checkpoint(fs_, layer);
  const auto status = checkpoint.Read("ck", {.from = "net/second"});
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(w.data<float>()[0], 2);
  // What hangs below it waits; what does not is nobody's business.
  EXPECT_FALSE(status->AssertConsumed().ok());
  ASSERT_TRUE(layer.Track("b", &b).ok());
  EXPECT_EQ(b.data<float>()[0], 3);
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
  EXPECT_EQ(status->Report().matched.size(), 2u);
  EXPECT_THAT(status->Report().only_in_checkpoint, IsEmpty());

  const Status wrong = checkpoint.Read("ck", {.from = "net/secnd"}).status();
  EXPECT_TRUE(absl::IsNotFound(wrong));
  EXPECT_THAT(Message(wrong), HasSubstr("did you mean second?"));
}

TEST_F(Parts, RestoresIntoAPartOfTheProgram) {
  Variable w("w", Scalar(0)), other("other", Scalar(9));
  Group net, second;
  ASSERT_TRUE(net.Track("second", &second).ok());
  ASSERT_TRUE(net.Track("other", &other).ok());
  ASSERT_TRUE(second.Track("w", &w).ok());
  Checkpoint checkpoint(fs_, {{"net", &net}});
  const auto status = checkpoint.Read("ck");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(w.data<float>()[0], 2);
  EXPECT_EQ(other.data<float>()[0], 9);
}

TEST_F(Parts, CompareReportsMismatchesAndNearNamesAndChangesNothing) {
  Variable w("w", *Tensor::Create(DataType::kFloat, {2}));
  Variable step("step", Tensor::Scalar(1.5f)), bias("b", Scalar(7));
  Group net, first, second;
  ASSERT_TRUE(net.Track("first", &first).ok());
  ASSERT_TRUE(first.Track("w", &w).ok());
  ASSERT_TRUE(net.Track("second", &second).ok());
  ASSERT_TRUE(second.Track("bb", &bias).ok());
  Checkpoint checkpoint(fs_, {{"net", &net}, {"step", &step}});
  const StatusOr<MatchReport> report = checkpoint.Compare("ck");
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->mismatched.size(), 2u);
  const auto& dtype = report->mismatched[0];
  EXPECT_EQ(dtype.item.key, "step/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(dtype.expected_dtype, DataType::kFloat);
  EXPECT_EQ(dtype.stored_dtype, DataType::kInt64);
  const auto& shape = report->mismatched[1];
  EXPECT_EQ(*shape.expected_shape, Shape{2});
  EXPECT_EQ(*shape.stored_shape, Shape());
  ASSERT_EQ(report->only_in_program.size(), 1u);
  EXPECT_EQ(report->only_in_program[0].object, "(root).net.second.bb");
  EXPECT_THAT(report->only_in_program[0].candidates,
              testing::Contains("(root).net.second.b"));
  EXPECT_THAT(report->matched, IsEmpty());
  EXPECT_EQ(report->only_in_checkpoint.size(), 2u);
  EXPECT_EQ(step.data<float>()[0], 1.5f);
  // Nothing waits either.
  Variable b("b", Scalar(0));
  ASSERT_TRUE(second.Track("b", &b).ok());
  EXPECT_EQ(b.data<float>()[0], 0);
}

// 112 (E11): the value that nothing was found for is told all the same.
TEST_F(Parts, ReportsValuesOfMatchedObjectsThatTheFileHasNot) {
  Variable net("net", Scalar(4));
  Checkpoint checkpoint(fs_, {{"net", &net}, {"step", &step_}});
  const auto status = checkpoint.Read("ck");
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->AssertExistingObjectsMatched().ok());
  const MatchReport report = status->Report();
  ASSERT_EQ(report.unfilled.size(), 1u);
  EXPECT_EQ(report.unfilled[0].object, "(root).net");
  EXPECT_EQ(report.unfilled[0].key, "VARIABLE_VALUE");
}

// 120 (Y7)
TEST_F(Parts, LogsWhatIsLeftOverUnlessPartialIsExpected) {
  for (const bool expected : {false, true}) {
    std::vector<std::string> lines;
    {
      Checkpoint checkpoint(fs_, {{"step", &step_}});
      const auto status = checkpoint.Read(
          "ck",
          {.log = [&](std::string_view line) { lines.emplace_back(line); }});
      ASSERT_TRUE(status.ok());
      if (expected) {
        EXPECT_FALSE(status->ExpectPartial().AssertConsumed().ok());
      }
      EXPECT_THAT(lines, IsEmpty());
    }
    if (expected) {
      EXPECT_THAT(lines, IsEmpty());
      continue;
    }
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_THAT(lines[0], HasSubstr("is being deleted with unrestored values"));
    EXPECT_EQ(lines[1],
              "Value in checkpoint could not be found in the restored object: "
              "(root).net.first.w");
  }
}

// 107 121 (E2 Y8)
TEST(InitializationOnly, InitialisesAndRefusesToAssert) {
  MemoryFileSystem fs;
  Variable v({.name = "v", .initializer = [] { return Scalar(3); }});
  Checkpoint checkpoint(fs, {{"v", &v}});
  const auto status = checkpoint.Restore(std::nullopt);
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->kind(), LoadStatus::Kind::kInitializationOnly);
  for (const Status& assertion :
       {status->AssertConsumed(), status->AssertExistingObjectsMatched(),
        status->AssertNontrivialMatch()}) {
    EXPECT_EQ(Message(assertion),
              "No checkpoint specified (save_path=None); nothing is being "
              "restored.");
  }
  EXPECT_EQ(Message(status->RunRestoreOps()),
            "No checkpoint specified, so no restore ops are available "
            "(save_path=None to Saver.restore).");
  EXPECT_FALSE(v.is_initialized());
  ASSERT_TRUE(status->InitializeOrRestore().ok());
  EXPECT_EQ(v.data<float>()[0], 3);
}

// Y6
TEST_F(Parts, InitializeOrRestoreInitialisesOnlyWhatWasNotRestored) {
  const auto seven = [] { return Scalar(7); };
  Variable w({.name = "w", .initializer = seven});
  Variable extra({.name = "extra", .initializer = seven});
  Group layer;
  ASSERT_TRUE(layer.Track("w", &w).ok());
  ASSERT_TRUE(layer.Track("extra", &extra).ok());
  Checkpoint checkpoint(fs_, layer);
  const auto status = checkpoint.Read("ck", {.from = "net/first"});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->kind(), LoadStatus::Kind::kObjectBased);
  EXPECT_TRUE(status->RunRestoreOps().ok());
  ASSERT_TRUE(status->InitializeOrRestore().ok());
  EXPECT_EQ(w.data<float>()[0], 1);
  EXPECT_EQ(extra.data<float>()[0], 7);
}

// 123 (Z3)
TEST_F(Parts, TheInitializerDoesNotRunWhenAValueIsWaiting) {
  Module layer;
  Checkpoint checkpoint(fs_, layer);
  const auto status = checkpoint.Read("ck", {.from = "net/second"});
  ASSERT_TRUE(status.ok());
  int calls = 0;
  const auto initializer = [&]() -> StatusOr<Tensor> {
    ++calls;
    return Scalar(-1);
  };
  const auto w = layer.AddVariable({.name = "w", .initializer = initializer});
  ASSERT_TRUE(w.ok()) << w.status();
  EXPECT_EQ((*w)->data<float>()[0], 2);
  EXPECT_EQ(calls, 0);
  const auto other =
      layer.AddVariable({.name = "other", .initializer = initializer});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(calls, 1);
  // 126 (Z7): one that does not fit is not added.
  const auto b = layer.AddVariable(
      "b", {.name = "b", .shape = {3}, .initializer = initializer});
  EXPECT_TRUE(absl::IsInvalidArgument(b.status())) << b.status();
  EXPECT_EQ(layer.Child("b"), nullptr);
}

// 111 (E9)
TEST(Restore, GivesAVariableOfUnknownShapeTheStoredOne) {
  MemoryFileSystem fs;
  Variable three("v", Floats({3}, {1, 2, 3}));
  Checkpoint saved(fs, {{"v", &three}});
  ASSERT_TRUE(saved.Write("ck").ok());
  Variable any("v", *Tensor::Create(DataType::kFloat, {1}));
  Variable rows({.name = "v", .shape = {PartialShape::kUnknown}});
  Variable square({.name = "v", .shape = {PartialShape::kUnknown, 3}});
  Checkpoint restored(fs, {{"v", &rows}});
  ASSERT_TRUE(restored.Read("ck")->AssertConsumed().ok());
  EXPECT_THAT(FloatsOf(rows), ElementsAre(1, 2, 3));
  Checkpoint refused(fs, {{"v", &square}});
  EXPECT_TRUE(absl::IsInvalidArgument(refused.Read("ck").status()));
}

// B9: an uninitialised variable is in the object graph only.
TEST(Checkpoint, SavesAVariableWithoutValueInTheGraphOnly) {
  MemoryFileSystem fs;
  Variable v({.name = "v", .shape = {2}});
  Checkpoint checkpoint(fs, {{"v", &v}});
  ASSERT_TRUE(checkpoint.Write("ck").ok());
  const auto view = CheckpointView::Open(fs, "ck");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->graph().nodes[1].attributes.size(), 1u);
  const auto reader = *bundle::BundleReader::Open(fs, "ck");
  EXPECT_FALSE(reader->Contains("v/.ATTRIBUTES/VARIABLE_VALUE"));
}

// 138 (N1)
TEST(PythonState, IsRestoredNowAndWhenAttachedLater) {
  MemoryFileSystem fs;
  std::string text = "{\"epoch\": 3}";
  const auto state = [](std::string& of) {
    return StringState([&of] { return of; },
                       [&of](const std::string& value) {
                         of = value;
                         return OkStatus();
                       });
  };
  CustomObject saved({state(text)});
  Checkpoint checkpoint(fs, {{"config", &saved}});
  ASSERT_TRUE(checkpoint.Write("ck").ok());

  std::string now, later;
  CustomObject first({state(now)}), second({state(later)});
  Checkpoint restored(fs, {{"config", &first}});
  ASSERT_TRUE(restored.Read("ck")->AssertConsumed().ok());
  EXPECT_EQ(now, text);
  Checkpoint empty(fs, std::vector<TrackableEdge>{});
  const auto status = empty.Read("ck");
  ASSERT_TRUE(empty.Track("config", &second).ok());
  EXPECT_EQ(later, text);
}

// Golden object/tables_generators, written by TF 2.15.
TEST(Restore, ReadsTfsTablesAndGenerators) {
  MemoryFileSystem fs;
  PutGolden(fs, "object/tables_generators", "tf");
  HashTable<std::string, int64_t> words(-1);
  HashTable<int64_t, std::string> empty("none");
  empty.Insert(1, "gone after the restore");
  RandomGeneratorState philox, threefry(RandomAlgorithm::kThreeFry);
  Checkpoint checkpoint(fs, {{"words", &words},
                             {"empty", &empty},
                             {"philox", &philox},
                             {"threefry", &threefry}});
  const auto status = checkpoint.Read("tf/tables");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertExistingObjectsMatched().ok());
  EXPECT_EQ(words.size(), 4u);
  EXPECT_EQ(words.Find("b"), 1);
  EXPECT_EQ(words.Find(std::string("c\0", 2)), 4);
  EXPECT_EQ(empty.size(), 0u);
  EXPECT_EQ(threefry.words().size(), 2u);
  EXPECT_NE(philox.words()[0], 0);

  // The object graph of such objects is TF's.
  const auto view = *CheckpointView::Open(fs, "tf/tables");
  ASSERT_TRUE(checkpoint.Write("our/tables").ok());
  const auto ours = *CheckpointView::Open(fs, "our/tables");
  EXPECT_EQ(ours.graph().nodes[static_cast<size_t>(4)].attributes[0].name,
            "table");
  EXPECT_EQ(view.graph().nodes[1].attributes[0].checkpoint_key,
            "dense/.ATTRIBUTES/table");
}

class Stack : public Group {
 public:
  explicit Stack(Variable* v) : value(v) { EXPECT_TRUE(Track("v", v).ok()); }
  Variable* value;
};

// TF's program of golden object/registered_saver.
class StackSaver : public CheckpointSaver {
 public:
  std::string name() const override { return "g.stacks"; }
  bool Handles(const Trackable& object) const override {
    return handles && dynamic_cast<const Stack*>(&object) != nullptr;
  }
  StatusOr<std::vector<std::string>> Save(
      FileSystem& fs, std::span<const NamedObject> objects,
      const std::string& file_prefix) override {
    Commit commit(fs, file_prefix);
    CAIRN_ASSIGN_OR_RETURN(const auto writer,
                           bundle::BundleWriter::Create(commit, file_prefix));
    for (const NamedObject& object : objects) {
      CAIRN_RETURN_IF_ERROR(
          writer->Add(StrCat("stack/", object.name),
                      dynamic_cast<Stack*>(object.object)->value->value()));
    }
    CAIRN_RETURN_IF_ERROR(writer->Finish());
    CAIRN_RETURN_IF_ERROR(commit.Finish());
    CAIRN_RETURN_IF_ERROR(
        WriteFileAtomically(fs, file_prefix + ".notes", "kept"));
    return std::vector<std::string>{file_prefix};
  }
  Status Restore(FileSystem& fs, std::span<const NamedObject> objects,
                 const std::string& prefix) override {
    CAIRN_ASSIGN_OR_RETURN(const auto reader,
                           bundle::BundleReader::Open(fs, prefix));
    for (const NamedObject& object : objects) {
      order.push_back(object.name);
      // After the tensors: the child has its value already.
      before.push_back(
          dynamic_cast<Stack*>(object.object)->value->data<float>()[0]);
      CAIRN_RETURN_IF_ERROR(
          reader->Read(StrCat("stack/", object.name)).status());
    }
    return OkStatus();
  }
  Status Remove(FileSystem& fs, const std::string& file_prefix) override {
    return fs.Remove(file_prefix + ".notes");
  }

  bool handles = true;
  std::vector<std::string> order;
  std::vector<float> before;
};

// 139 (N2 N3 N4)
TEST(RegisteredSaver, WritesTheFilesOfTfAndCleansUpItsOwn) {
  MemoryFileSystem fs;
  PutGolden(fs, "object/registered_saver", "tf");
  const auto reader = *bundle::BundleReader::Open(fs, "tf/reg");
  const auto value = [&](const std::string& path) {
    return *reader->Read(path + "/.ATTRIBUTES/VARIABLE_VALUE");
  };
  Arena arena;
  Stack a(arena.Add("Variable", value("m/parts/0/v")));
  Stack b(arena.Add("Variable", value("m/parts/1/v")));
  List parts{&a, &b};
  Group m;
  ASSERT_TRUE(m.Track("parts", &parts).ok());
  ASSERT_TRUE(m.Track("v", arena.Add("Variable", value("m/v"))).ok());
  const auto saver = std::make_shared<StackSaver>();
  Checkpoint checkpoint(fs, {{"m", &m}});
  checkpoint.AddSaver(saver);
  ASSERT_TRUE(checkpoint.Write("our/reg").ok());
  const auto files = fs.Files();
  for (const char* suffix :
       {".index", ".data-00000-of-00002", ".data-00001-of-00002"}) {
    EXPECT_TRUE(files.at(StrCat("our/reg", suffix)) ==
                files.at(StrCat("tf/reg", suffix)))
        << suffix;
  }
  // Of what the saver made, the bundle is gone and the rest is there.
  EXPECT_FALSE(fs.Exists("our/reg-g.stacks.index"));
  EXPECT_TRUE(fs.Exists("our/reg-g.stacks.notes"));
  ASSERT_TRUE(checkpoint.RemoveSaverFiles("our/reg").ok());
  EXPECT_FALSE(fs.Exists("our/reg-g.stacks.notes"));

  const float kept = a.value->data<float>()[0];
  a.value->data<float>()[0] = 99;
  const auto status = checkpoint.Read("tf/reg");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertConsumed().ok());
  EXPECT_THAT(saver->order, ElementsAre("m/parts/0", "m/parts/1"));
  EXPECT_EQ(saver->before[0], kept);

  saver->handles = false;
  const Status refused = checkpoint.Read("tf/reg").status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_THAT(Message(refused),
              HasSubstr("was saved with the registered saver named "
                        "'g.stacks'. However, this saver cannot be used"));
  // Without the saver: a note, and the objects' children as ever.
  Checkpoint without(fs, {{"m", &m}});
  const auto skipped = without.Read("tf/reg");
  ASSERT_TRUE(skipped.ok());
  EXPECT_EQ(skipped->Report().notes.size(), 2u);
}

// 144 (U9)
TEST_F(Parts, CheckpointViewMatchesAndDiffers) {
  const auto view = CheckpointView::Open(fs_, "ck");
  ASSERT_TRUE(view.ok()) << view.status();
  ASSERT_EQ(view->Children(0).size(), 2u);
  EXPECT_EQ(view->Children(0)[0].local_name, "net");
  EXPECT_THAT(view->Descendants(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));

  Group root, net, first, stranger;
  ASSERT_TRUE(root.Track("net", &net).ok());
  ASSERT_TRUE(root.Track("stranger", &stranger).ok());
  ASSERT_TRUE(net.Track("first", &first).ok());
  const auto matched = view->Match(root);
  EXPECT_EQ(matched.size(), 3u);
  EXPECT_EQ(matched.at(0), &root);
  EXPECT_EQ(matched.at(3), &first);
  const auto difference = view->Diff(root);
  ASSERT_TRUE(difference.ok());
  EXPECT_THAT(difference->only_in_checkpoint, ElementsAre(2, 4, 5, 6, 7));
  EXPECT_THAT(difference->only_in_program, ElementsAre(&stranger));
}

// 144 (U9)
TEST(CheckpointView, RefusesANameBasedFile) {
  MemoryFileSystem fs;
  PutGolden(fs, "restore/name_based_into_object", "tf");
  const Status status = CheckpointView::Open(fs, "tf/named").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status),
              HasSubstr("does not appear to be object-based (saved with TF2)"));
}

// H6: golden v1/saver, a file of the format before this one.
TEST(Restore, ReadsAV1FileByFullNames) {
  MemoryFileSystem fs;
  std::string path;
  for (const auto& entry :
       std::filesystem::directory_iterator(GoldenPath("v1/saver"))) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") || name.ends_with(".meta")) continue;
    if (name == "checkpoint" || !entry.is_regular_file()) continue;
    fs.Put(name, ReadGolden(entry.path()));
    path = name;
  }
  const auto reader = v1::V1Reader::Open(fs, path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  Arena arena;
  Group net;
  std::vector<std::pair<Variable*, Tensor>> expected;
  for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
    const std::string name(it->name());
    Tensor value = *(*reader)->Read(name);
    Variable* const v =
        arena.Add(name, *Tensor::Create(value.dtype(), value.shape()));
    ASSERT_TRUE(net.Track(name, v).ok());
    expected.emplace_back(v, std::move(value));
  }
  ASSERT_GE(expected.size(), 2u);
  Checkpoint checkpoint(fs, net);
  const auto status = checkpoint.Restore(path);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->kind(), LoadStatus::Kind::kNameBased);
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
  for (const auto& [v, value] : expected) {
    EXPECT_TRUE(BitwiseEqual(v->value(), value)) << v->name();
  }
}

// K6
TEST(Checkpoint, OfAWeakRootRefusesWhenTheRootHasGone) {
  MemoryFileSystem fs;
  Variable v("v", Scalar(1));
  auto root = std::make_shared<Group>();
  ASSERT_TRUE(root->Track("v", &v).ok());
  Checkpoint checkpoint(fs, WeakRoot(root));
  ASSERT_TRUE(checkpoint.Save("ck").ok());
  root.reset();
  EXPECT_TRUE(absl::IsFailedPrecondition(checkpoint.Save("ck").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(checkpoint.Read("ck-1").status()));
}

// 097 (T12)
TEST(Restore, PutsAListIntoADictAndBack) {
  MemoryFileSystem fs;
  Variable a("a", Scalar(1)), b("b", Scalar(2));
  List list{&a, &b};
  Checkpoint saved(fs, {{"c", &list}});
  ASSERT_TRUE(saved.Write("list").ok());
  Variable x("x", Scalar(0)), y("y", Scalar(0));
  Dict dict{{"1", &x}, {"0", &y}};
  Checkpoint restored(fs, {{"c", &dict}});
  ASSERT_TRUE(restored.Read("list")->AssertConsumed().ok());
  EXPECT_EQ(x.data<float>()[0], 2);
  ASSERT_TRUE(restored.Write("dict").ok());
  a.data<float>()[0] = 0;
  ASSERT_TRUE(saved.Read("dict")->AssertConsumed().ok());
  EXPECT_EQ(a.data<float>()[0], 1);
}

// 094 (T7): the save says which list it is.
TEST(Checkpoint, RefusesAListThatWasRearranged) {
  MemoryFileSystem fs;
  Variable a("a", Scalar(1)), b("b", Scalar(2));
  List list{&a, &b};
  Group net;
  ASSERT_TRUE(net.Track("layers", &list).ok());
  ASSERT_TRUE(list.Set(0, &b).ok());
  Checkpoint checkpoint(fs, {{"net", &net}});
  const Status status = checkpoint.Write("ck").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status), HasSubstr("net/layers: Unable to save"));
  EXPECT_TRUE(fs.Files().empty());
}

// 100 (K5 in section 25): a root that TF takes for none.
TEST(Checkpoint, TakesAScalarOfZeroForARoot) {
  MemoryFileSystem fs;
  Variable zero("zero", Scalar(0));
  Checkpoint checkpoint(fs, zero);
  ASSERT_TRUE(checkpoint.Write("ck").ok());
  const auto reader = *bundle::BundleReader::Open(fs, "ck");
  EXPECT_TRUE(reader->Contains("/.ATTRIBUTES/VARIABLE_VALUE"));
}

}  // namespace
}  // namespace cairn::object
