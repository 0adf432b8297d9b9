// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Restoring: all or nothing, now or when the object comes.
#include "cairn/object/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/base/fault_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/test_support.h"

namespace cairn::object {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A model of two variables, its optimizer and a step.
struct Model {
  explicit Model(FileSystem& fs, Shape b_shape = {3})
      : b("b", *Tensor::Create(DataType::kFloat, std::move(b_shape))),
        checkpoint(fs, {{"opt", &opt}, {"net", &net}, {"step", &step}}) {
    EXPECT_TRUE(net.Track("a", &a).ok());
    EXPECT_TRUE(net.Track("b", &b).ok());
    EXPECT_TRUE(opt.Track("rate", &rate).ok());
  }
  void Fill(float value) {
    for (Variable* v : Floats()) {
      for (float& x : v->data<float>()) x = value += 1;
    }
    step.data<int64_t>()[0] = static_cast<int64_t>(value);
  }
  void MakeSlots() {
    for (const char* name : {"m", "v"}) {
      opt.Make(a, name);
      opt.Make(b, name);
    }
  }
  std::vector<Variable*> Floats() {
    std::vector<Variable*> all = {&a, &b, &rate};
    for (const char* name : {"m", "v"}) {
      for (Variable* v : {&a, &b}) {
        if (Variable* slot = opt.Find(*v, name)) all.push_back(slot);
      }
    }
    return all;
  }
  // All values, slots and the counter's existence included.
  std::string Bytes() {
    std::string bytes;
    for (Variable* v : Floats()) bytes += v->value().bytes();
    bytes += step.value().bytes();
    return bytes + (checkpoint.Child("save_counter") != nullptr ? "+" : "-");
  }

  Group net;
  SlotGroup opt{std::vector<std::string>{"m", "v"}};
  Variable a{"a", *Tensor::Create(DataType::kFloat, {2})};
  Variable b;
  Variable rate{"rate", Tensor::Scalar(0.0f)};
  Variable step{"step", Tensor::Scalar(int64_t{0})};
  Checkpoint checkpoint;
};

// A saved model with slots at "d/p-1".
void SaveModel(FileSystem& fs, float value = 100) {
  Model model(fs);
  model.MakeSlots();
  model.Fill(value);
  ASSERT_TRUE(model.checkpoint.Save("d/p").ok());
}

TEST(Restore, PutsEveryValueBackWithSlotsAndCounter) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Model saved(fs);
  saved.MakeSlots();
  saved.Fill(100);
  Model model(fs);
  const auto status = model.checkpoint.Restore("d/p-1");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
  EXPECT_TRUE(status->AssertNontrivialMatch().ok());
  EXPECT_EQ(model.opt.slot_count(), 4u);
  EXPECT_EQ(model.Bytes(),
            saved.Bytes().substr(0, saved.Bytes().size() - 1) + "+");
  EXPECT_EQ(model.checkpoint.save_counter().data<int64_t>()[0], 1);
  const MatchReport report = status->Report();
  EXPECT_THAT(report.matched, SizeIs(9));
  EXPECT_EQ(report.matched[0].object, "(root).step");
  EXPECT_EQ(report.matched[0].key, "step/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(report.matched[8].object,
            "(root).opt's state 'v' for (root).net.b");
  EXPECT_THAT(report.only_in_checkpoint, IsEmpty());
  EXPECT_THAT(report.only_in_program, IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
}

// 110 (E7, and section 25)
// Each stored tensor damaged in turn, the object graph too.
TEST(Restore, ChangesNothingWhenAnyTensorIsDamaged) {
  MemoryFileSystem fs;
  SaveModel(fs);
  const std::string data = "d/p-1.data-00000-of-00001";
  const std::string whole = fs.Files().at(data);
  struct Place {
    std::string key;
    int64_t offset, size;
  };
  std::vector<Place> places;
  {
    const auto reader = bundle::BundleReader::Open(fs, "d/p-1");
    for (auto it = (*reader)->NewIterator(); it->Valid(); it->Next()) {
      places.push_back(
          {std::string(it->key()), it->entry()->offset, it->entry()->size});
    }
  }
  ASSERT_THAT(places, SizeIs(10));
  for (const Place& place : places) {
    for (const bool slots_exist : {false, true}) {
      SCOPED_TRACE(place.key);
      std::string damaged = whole;
      damaged[static_cast<size_t>(place.offset + place.size - 1)] ^= 0x10;
      fs.Put(data, damaged);
      Model model(fs);
      if (slots_exist) model.MakeSlots();
      model.Fill(7);
      const std::string before = model.Bytes();
      const auto status = model.checkpoint.Restore("d/p-1");
      EXPECT_EQ(status.status().code(), absl::StatusCode::kDataLoss)
          << status.status();
      EXPECT_EQ(model.Bytes(), before);
      EXPECT_EQ(model.opt.slot_count(), slots_exist ? 4u : 0u);
      // Once mended, the same objects restore.
      fs.Put(data, whole);
      ASSERT_TRUE(model.checkpoint.Restore("d/p-1").ok());
      EXPECT_NE(model.Bytes(), before);
    }
  }
}

TEST(Restore, ChangesNothingWhenAnyCallFails) {
  MemoryFileSystem memory;
  SaveModel(memory);
  int failures = 0;
  for (int n = 0;; ++n) {
    FaultFileSystem fs(memory);
    Model model(fs);
    model.Fill(7);
    const std::string before = model.Bytes();
    fs.FailCall(n, UnavailableError("I/O error"));
    const auto status = model.checkpoint.Restore("d/p-1");
    if (!fs.fired()) break;
    if (status.ok()) continue;  // the call was not needed
    ++failures;
    EXPECT_EQ(model.Bytes(), before);
    EXPECT_EQ(model.opt.slot_count(), 0u);
  }
  EXPECT_GE(failures, 3);
}

// 110 (E8, and section 25)
TEST(Restore, ChangesNothingWhenOneShapeDiffers) {
  MemoryFileSystem fs;
  SaveModel(fs);
  for (const Shape& shape : {Shape{4}, Shape{3, 1}, Shape{}}) {
    Model model(fs, shape);
    model.Fill(7);
    const std::string before = model.Bytes();
    const Status status = model.checkpoint.Restore("d/p-1").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(status), HasSubstr("with shape (3,)"));
    EXPECT_THAT(Message(status), HasSubstr("net/b/.ATTRIBUTES"));
    EXPECT_EQ(model.Bytes(), before);
  }
}

TEST(Restore, ChangesNoValueWhenASlotDoesNotFit) {
  // An optimizer that keeps another shape of slots than the one that saved.
  class OddSlots : public Group, private SlotProvider {
   public:
    SlotProvider* slots() override { return this; }
    std::unique_ptr<Variable> made;

   private:
    std::vector<std::string> SlotNames() const override { return {"m"}; }
    Trackable* Slot(const Trackable&, std::string_view) override {
      return made.get();
    }
    Trackable* SlotForRestore(Trackable&, std::string_view) override {
      made = std::make_unique<Variable>("odd",
                                        *Tensor::Create(DataType::kFloat, {9}));
      return made.get();
    }
  };
  MemoryFileSystem fs;
  {
    Variable a("a", Floats({2}, {1, 2}));
    SlotGroup opt({"m"});
    opt.Make(a, "m");
    Checkpoint checkpoint(fs, {{"a", &a}, {"opt", &opt}});
    ASSERT_TRUE(checkpoint.Write("p").ok());
  }
  Variable a("a", Floats({2}, {7, 8}));
  OddSlots opt;
  Checkpoint checkpoint(fs, {{"a", &a}, {"opt", &opt}});
  const Status status = checkpoint.Read("p").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), HasSubstr("(9,) and name odd"));
  EXPECT_THAT(FloatsOf(a), ElementsAre(7, 8));
}

// A value that can refuse what it is given.
class Picky : public Trackable, private Saveable {
 public:
  explicit Picky(std::string text) : text(std::move(text)) {}
  std::vector<Saveable*> Saveables() override { return {this}; }
  std::string text;
  bool refuse = false;

 private:
  std::string attribute_name() const override { return "py_state"; }
  std::string full_name() const override { return ""; }
  DataType expected_dtype() const override { return DataType::kInvalid; }
  const Shape* expected_shape() const override { return nullptr; }
  StatusOr<TensorView> Value(Tensor* scratch) override {
    *scratch = Tensor::OfString(text);
    return scratch->view();
  }
  Status Restore(Tensor value) override {
    if (refuse) return DataLossError("not my state");
    text = value.strings()[0];
    return OkStatus();
  }
};

TEST(Restore, PutsBackWhatWasSetWhenALaterValueRefuses) {
  MemoryFileSystem fs;
  {
    Picky a("A"), b("B");
    Variable v("v", Tensor::Scalar(1.0f));
    Checkpoint checkpoint(fs, {{"a", &a}, {"b", &b}, {"v", &v}});
    ASSERT_TRUE(checkpoint.Write("p").ok());
  }
  Picky a("mine"), b("mine too");
  b.refuse = true;
  Variable v("v", Tensor::Scalar(5.0f));
  Checkpoint checkpoint(fs, {{"a", &a}, {"b", &b}, {"v", &v}});
  const Status status = checkpoint.Read("p").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(status), HasSubstr("b/.ATTRIBUTES/py_state"));
  EXPECT_EQ(a.text, "mine");
  EXPECT_EQ(v.data<float>()[0], 5);
  b.refuse = false;
  ASSERT_TRUE(checkpoint.Read("p").ok());
  EXPECT_EQ(a.text + b.text, "AB");
}

// --- later ---

// 122 (Z2)
TEST(Restore, MatchesDeferredVariableCreatedLater) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Group net;
  SlotGroup opt({"m", "v"});
  Checkpoint checkpoint(fs, {{"opt", &opt}});
  auto status = checkpoint.Restore("d/p-1");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->AssertConsumed().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(checkpoint.Track("net", &net).ok());
  Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(net.Track("a", &a).ok());
  EXPECT_THAT(FloatsOf(a), ElementsAre(101, 102));
  // Its slots came with it, before any step.
  ASSERT_NE(opt.Find(a, "m"), nullptr);
  EXPECT_THAT(FloatsOf(*opt.Find(a, "m")), ElementsAre(107, 108));
  Variable b("b", *Tensor::Create(DataType::kFloat, {3}));
  Variable rate("rate", Tensor::Scalar(0.0f));
  Variable step("step", Tensor::Scalar(int64_t{0}));
  ASSERT_TRUE(net.Track("b", &b).ok());
  ASSERT_TRUE(opt.Track("rate", &rate).ok());
  ASSERT_TRUE(checkpoint.Track("step", &step).ok());
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
  EXPECT_THAT(FloatsOf(*opt.Find(b, "v")), ElementsAre(114, 115, 116));
}

// 129 (L5)
TEST(Restore, MatchesSlotsWhenTheOptimizerComesLast) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Group net;
  Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(net.Track("a", &a).ok());
  Checkpoint checkpoint(fs, {{"net", &net}});
  ASSERT_TRUE(checkpoint.Restore("d/p-1").ok());
  SlotGroup opt({"m"});  // has no v
  ASSERT_TRUE(checkpoint.Track("opt", &opt).ok());
  EXPECT_THAT(FloatsOf(*opt.Find(a, "m")), ElementsAre(107, 108));
  EXPECT_EQ(opt.slot_count(), 1u);
}

TEST(Restore, SurvivesAnOptimizerThatAttachesWhileItMakesASlot) {
  // Attaches its rate when the first slot is made.
  class Eager : public Group, private SlotProvider {
   public:
    SlotProvider* slots() override { return this; }
    SlotGroup made{{"m", "v"}};
    Variable rate{"rate", Tensor::Scalar(0.0f)};

   private:
    std::vector<std::string> SlotNames() const override { return {"m", "v"}; }
    Trackable* Slot(const Trackable& v, std::string_view name) override {
      return made.Find(v, std::string(name));
    }
    Trackable* SlotForRestore(Trackable& v, std::string_view name) override {
      EXPECT_TRUE(Track("rate", &rate).ok());
      return made.Make(dynamic_cast<Variable&>(v), std::string(name));
    }
  };
  MemoryFileSystem fs;
  {
    Variable a("a", Floats({2}, {1, 2})), rate("rate", Tensor::Scalar(3.0f));
    SlotGroup opt({"m", "v"});
    ASSERT_TRUE(opt.Track("rate", &rate).ok());
    ASSERT_TRUE(opt.Make(a, "m")->Assign(Floats({2}, {4, 5})).ok());
    ASSERT_TRUE(opt.Make(a, "v")->Assign(Floats({2}, {6, 7})).ok());
    Checkpoint checkpoint(fs, {{"a", &a}, {"opt", &opt}});
    ASSERT_TRUE(checkpoint.Write("p").ok());
  }
  Eager opt;
  Checkpoint checkpoint(fs, {{"opt", &opt}});
  const auto status = checkpoint.Read("p");  // a and the rate wait
  ASSERT_TRUE(status.ok());
  Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(checkpoint.Track("a", &a).ok());
  EXPECT_THAT(FloatsOf(a), ElementsAre(1, 2));
  EXPECT_EQ(opt.rate.data<float>()[0], 3);
  EXPECT_THAT(FloatsOf(*opt.made.Find(a, "v")), ElementsAre(6, 7));
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
}

// 126 (Z7)
TEST(Restore, RefusesTheAttachmentOfAVariableThatDoesNotFit) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Group net;
  Checkpoint checkpoint(fs, {{"net", &net}});
  ASSERT_TRUE(checkpoint.Restore("d/p-1").ok());
  Variable wrong("a", *Tensor::Create(DataType::kFloat, {5}));
  const Status status = net.Track("a", &wrong);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(net.Child("a"), nullptr);
  // The value still waits for one that does.
  Variable right("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(net.Track("a", &right).ok());
  EXPECT_THAT(FloatsOf(right), ElementsAre(101, 102));
}

// 124 (Z4)
TEST(Restore, GivesAWaitingValueToTheFirstAttachmentOnly) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Group net;
  Checkpoint checkpoint(fs, {{"net", &net}});
  const auto status = checkpoint.Restore("d/p-1");
  ASSERT_TRUE(status.ok());
  Variable first("a", *Tensor::Create(DataType::kFloat, {2}));
  Variable second("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(net.Track("a", &first).ok());
  ASSERT_TRUE(net.Track("a", &second).ok());
  EXPECT_THAT(FloatsOf(first), ElementsAre(101, 102));
  EXPECT_THAT(FloatsOf(second), ElementsAre(0, 0));
  EXPECT_THAT(status->Report().notes, IsEmpty());  // nothing waits there
}

// 127 (Z6, and section 25)
TEST(Restore, WaitsWithTheFileOpen) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Group net;
  Checkpoint checkpoint(fs, {{"net", &net}});
  ASSERT_TRUE(checkpoint.Restore("d/p-1").ok());
  ASSERT_TRUE(fs.Remove("d/p-1.index").ok());
  ASSERT_TRUE(fs.Remove("d/p-1.data-00000-of-00001").ok());
  SaveModel(fs, 500);  // the same name, other values
  Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(net.Track("a", &a).ok());
  EXPECT_THAT(FloatsOf(a), ElementsAre(101, 102));
}

// 127 (Z6, and section 25)
TEST(Restore, WaitsWithEveryShardOpen) {
  MemoryFileSystem fs;
  PutGolden(fs, "tf221/own_policy", "d");  // a shard for each key
  Checkpoint checkpoint(fs, {});
  ASSERT_TRUE(checkpoint.Read("d/ck").ok());
  for (const auto& [path, contents] : fs.Files()) {
    ASSERT_TRUE(fs.Remove(path).ok());
  }
  Group m;
  Variable a("a", Tensor::Scalar(-1.0f));
  Variable b("b", *Tensor::Create(DataType::kInt32, {2}));
  Variable c("c", *Tensor::Create(DataType::kString, {}));
  ASSERT_TRUE(checkpoint.Track("m", &m).ok());
  ASSERT_TRUE(m.Track("a", &a).ok());
  ASSERT_TRUE(m.Track("b", &b).ok());
  ASSERT_TRUE(m.Track("c", &c).ok());
  EXPECT_NE(a.data<float>()[0], -1);
  EXPECT_FALSE(c.value().strings()[0].empty());
}

// 125 (Z5)
TEST(Restore, LetsTheLatestRestoreWin) {
  MemoryFileSystem fs;
  SaveModel(fs, 100);
  {
    Model other(fs);  // no slots: another graph, so both restores wait
    other.Fill(200);
    ASSERT_TRUE(other.checkpoint.Write("d/q").ok());
  }
  for (const bool old_first : {true, false}) {
    Group net;
    Checkpoint checkpoint(fs, {{"net", &net}});
    ASSERT_TRUE(checkpoint.Restore(old_first ? "d/p-1" : "d/q").ok());
    ASSERT_TRUE(checkpoint.Restore(old_first ? "d/q" : "d/p-1").ok());
    Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
    ASSERT_TRUE(net.Track("a", &a).ok());
    EXPECT_EQ(a.data<float>()[0], old_first ? 201 : 101);
  }
}

// 125 (Z5)
TEST(Restore, DoesNotOverwriteANewerRestoreOfASharedObject) {
  MemoryFileSystem fs;
  for (const float value : {1.0f, 2.0f}) {
    Variable v("v", Tensor::Scalar(value));
    Checkpoint checkpoint(fs, {{"v", &v}});
    ASSERT_TRUE(checkpoint.Write(StrCat("p", value)).ok());
  }
  Variable v("v", Tensor::Scalar(0.0f));
  Checkpoint older(fs, {}), newer(fs, {});
  const auto old_status = older.Read("p1");
  ASSERT_TRUE(newer.Read("p2").ok());
  ASSERT_TRUE(newer.Track("v", &v).ok());
  ASSERT_TRUE(older.Track("v", &v).ok());
  EXPECT_EQ(v.data<float>()[0], 2);
  EXPECT_TRUE(old_status->AssertConsumed().ok());
}

TEST(Restore, ReplacesAnEarlierOneThatWaitsForTheSameThings) {
  MemoryFileSystem fs;
  Model(fs).checkpoint.Write("unused").IgnoreError();
  SaveModel(fs, 100);
  SaveModel(fs, 300);  // again d/p-1
  Group net;
  Checkpoint checkpoint(fs, {{"net", &net}});
  std::optional<LoadStatus> first;
  for (int i = 0; i < 100; ++i) {
    const auto status = checkpoint.Restore("d/p-1");
    ASSERT_TRUE(status.ok());
    if (!first) first = *status;
  }
  Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
  ASSERT_TRUE(net.Track("a", &a).ok());
  EXPECT_THAT(FloatsOf(a), ElementsAre(301, 302));
  // The first one has let go of it.
  EXPECT_EQ(first->Report().matched.size(), 1u);  // save_counter
}

// Z8
TEST(Restore, SurvivesObjectsThatGoAwayWhileValuesWait) {
  MemoryFileSystem fs;
  SaveModel(fs);
  std::optional<LoadStatus> status;
  {
    auto net = std::make_unique<Group>();
    auto checkpoint = std::make_unique<Checkpoint>(
        fs, std::vector<TrackableEdge>{{"net", net.get()}});
    status = *checkpoint->Restore("d/p-1");
    checkpoint->Untrack("net");
    net.reset();
    EXPECT_EQ(status->AssertConsumed().code(),
              absl::StatusCode::kFailedPrecondition);
    Group other;
    Variable a("a", *Tensor::Create(DataType::kFloat, {2}));
    ASSERT_TRUE(other.Track("a", &a).ok());
    ASSERT_TRUE(checkpoint->Track("net", &other).ok());
    EXPECT_THAT(FloatsOf(a), ElementsAre(0, 0));  // was matched before
    checkpoint->Untrack("net");
  }
  EXPECT_EQ(status->AssertNontrivialMatch().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(status->AssertConsumed()), HasSubstr("does not exist"));
  EXPECT_THAT(status->Report().notes, SizeIs(1));
}

TEST(Restore, DeferredChildrenOfARootReachTheCounter) {
  MemoryFileSystem fs;
  Group root;
  Variable v("v", Tensor::Scalar(1.0f));
  ASSERT_TRUE(root.Track("v", &v).ok());
  {
    Checkpoint checkpoint(fs, root);
    ASSERT_TRUE(checkpoint.Save("p").ok());
    ASSERT_TRUE(checkpoint.Save("p").ok());
  }
  Checkpoint checkpoint(fs, root);
  const auto status = checkpoint.Read("p-2");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(Message(status->AssertConsumed()),
              HasSubstr("Unresolved object in checkpoint (root).save_counter"));
  EXPECT_EQ(checkpoint.save_counter().data<int64_t>()[0], 2);
  EXPECT_TRUE(status->AssertConsumed().ok()) << status->AssertConsumed();
}

// --- what the asserts and the report say ---

// 112 119 130 (E11 L6 Y2 Y9)
TEST(LoadStatus, NamesSlotsAndUnusedAttributes) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Model model(fs);
  Group plain;  // in the optimizer's place: its slots are dropped
  Variable rate("rate", Tensor::Scalar(0.0f));
  ASSERT_TRUE(plain.Track("rate", &rate).ok());
  Checkpoint checkpoint(
      fs, {{"net", &model.net}, {"opt", &plain}, {"step", &model.step}});
  auto status = checkpoint.Restore("d/p-1");
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->AssertExistingObjectsMatched().ok());
  EXPECT_THAT(Message(status->AssertConsumed()),
              HasSubstr("Unresolved object in checkpoint (root).opt's state "
                        "'m' for (root).net.a"));
  Group instead_of_step;
  Checkpoint other(
      fs,
      {{"net", &model.net}, {"opt", &model.opt}, {"step", &instead_of_step}});
  status = other.Restore("d/p-1");
  ASSERT_TRUE(status.ok());
  EXPECT_THAT(Message(status->AssertConsumed()),
              HasSubstr("Unused attributes in these objects (the attributes "
                        "exist in the checkpoint but were not restored):\n"
                        "(root).step: [VARIABLE_VALUE]"));
  EXPECT_THAT(status->Report().only_in_checkpoint, SizeIs(1));
}

// Y1
TEST(LoadStatus, ListsAtMostTenUnmatchedObjects) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Arena arena;
  Group many;
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(
        many.Track(StrCat("x", i), arena.AddZeros(StrCat("x", i), {2})).ok());
  }
  Checkpoint checkpoint(fs, {{"net", &many}});
  const auto status = checkpoint.Restore("d/p-1");
  ASSERT_TRUE(status.ok());
  const std::string text = Message(status->AssertExistingObjectsMatched());
  EXPECT_THAT(text, HasSubstr("Found 12 objects that were not bound"));
  EXPECT_THAT(text, HasSubstr("Showing 10 of 12 unmatched objects: "
                              "[(root).net.x0 ('x0' float32[2]), "));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("x10")));
  EXPECT_THAT(status->Report().only_in_program, SizeIs(12));
}

// --- paths ---

// E4, and section 25
TEST(Restore, TakesAnIndexPathWithANote) {
  MemoryFileSystem fs;
  SaveModel(fs);
  Model model(fs);
  const auto status = model.checkpoint.Restore("d/p-1.index");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_TRUE(status->AssertConsumed().ok());
  EXPECT_THAT(status->Report().notes,
              ElementsAre(HasSubstr("d/p-1.index is an index file")));
}

// 109 (E1)
TEST(Restore, AcceptsASavedModelDirectoryButReadDoesNot) {
  MemoryFileSystem fs;
  SaveModel(fs);
  for (const auto& [path, contents] : fs.Files()) {
    if (!path.starts_with("d/p-1")) continue;
    fs.Put("m/variables/variables" + path.substr(5), contents);
  }
  fs.Put("m/saved_model.pb", "");
  Model model(fs);
  const auto status = model.checkpoint.Restore("m");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(model.a.data<float>()[0], 101);
  const Status read = model.checkpoint.Read("m").status();
  EXPECT_EQ(read.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(read), HasSubstr("it is a directory"));
}

TEST(Restore, RestoresTheVariablesOfTfsSavedModel) {
  MemoryFileSystem fs;
  PutGolden(fs, "savedmodel/module/export", "m");
  PutGolden(fs, "savedmodel/module/export/variables", "m/variables");
  const auto reader = bundle::BundleReader::Open(fs, "m/variables/variables");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const ObjectGraph graph =
      *DecodeObjectGraph((*reader)->Read(kObjectGraphKey)->strings()[0]);
  // The root's direct variables.
  Arena arena;
  std::vector<TrackableEdge> edges;
  for (const auto& child : graph.nodes[0].children) {
    const auto& node = graph.nodes[static_cast<size_t>(child.node_id)];
    if (node.attributes.empty()) continue;
    const auto stored = (*reader)->Read(node.attributes[0].checkpoint_key);
    edges.push_back({child.local_name,
                     arena.AddZeros("v", stored->shape(), stored->dtype())});
  }
  ASSERT_FALSE(edges.empty());
  Checkpoint checkpoint(fs, edges);
  const auto status = checkpoint.Restore("m");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->Report().matched.size(), edges.size());
}

TEST(Restore, SaysWhatIsWrongWithAFileThatIsNoObjectGraph) {
  MemoryFileSystem fs;
  const auto put = [&](const TensorView& graph) {
    Commit commit(fs, "p");
    auto writer = bundle::BundleWriter::Create(commit, "p");
    ASSERT_TRUE((*writer)->Add(kObjectGraphKey, graph).ok());
    ASSERT_TRUE((*writer)->Finish().ok());
    ASSERT_TRUE(commit.Finish().ok());
  };
  Variable v("v", Tensor::Scalar(1.0f));
  Checkpoint checkpoint(fs, {{"v", &v}});
  const Tensor number = Tensor::Scalar(1.0f);
  put(number);
  EXPECT_THAT(Message(checkpoint.Read("p").status()),
              HasSubstr("should be one string, is float32 []"));
  const Tensor garbage = Tensor::OfString("\xff\xff");
  put(garbage);
  EXPECT_EQ(checkpoint.Read("p").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(checkpoint.Read("p").status()),
              HasSubstr("p: object graph: malformed field at byte 0"));
}

TEST(Restore, ReportsAKeyOfTheGraphThatTheIndexLacks) {
  MemoryFileSystem fs;
  ObjectGraph graph;
  graph.nodes.resize(2);
  graph.nodes[0].children = {{1, "v"}};
  graph.nodes[1].attributes = {{"VARIABLE_VALUE", "v", "gone"}};
  Commit commit(fs, "p");
  auto writer = bundle::BundleWriter::Create(commit, "p");
  const Tensor bytes = Tensor::OfString(EncodeObjectGraph(graph));
  ASSERT_TRUE((*writer)->Add(kObjectGraphKey, bytes).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  Variable v("v", Tensor::Scalar(1.0f));
  Checkpoint checkpoint(fs, {{"v", &v}});
  const Status status = checkpoint.Read("p").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(status), HasSubstr("Key gone not found in checkpoint p"));
}

// 133 (H3)
TEST(Restore, ReportsWhatANameBasedFileHasMore) {
  MemoryFileSystem fs;
  Commit commit(fs, "p");
  auto writer = bundle::BundleWriter::Create(commit, "p");
  const Tensor a = Floats({2}, {1, 2});
  const Tensor extra = Tensor::Scalar(3.0f);
  ASSERT_TRUE((*writer)->Add("a", a).ok());
  ASSERT_TRUE((*writer)->Add("extra", extra).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  ASSERT_TRUE(commit.Finish().ok());
  Model model(fs);
  const auto status = model.checkpoint.Restore("p");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(FloatsOf(model.a), ElementsAre(1, 2));
  const MatchReport report = status->Report();
  ASSERT_THAT(report.matched, SizeIs(1));
  EXPECT_EQ(report.matched[0].object, "(root).net.a");
  ASSERT_THAT(report.only_in_checkpoint, SizeIs(1));
  EXPECT_EQ(report.only_in_checkpoint[0].key, "extra");
  EXPECT_THAT(report.only_in_program, SizeIs(3));
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("name-based")));
}

}  // namespace
}  // namespace cairn::object
