// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/var_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/saver/partitioned_variable.h"
#include "cairn/saver/test_models.h"

namespace cairn::saver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Keys(const std::vector<SaverItem>& items) {
  const auto specs = FlattenItems(items);
  EXPECT_TRUE(specs.ok()) << specs.status();
  std::vector<std::string> keys;
  if (!specs.ok()) return keys;
  for (const SaveSpec& spec : *specs) {
    keys.push_back(spec.full_shape
                       ? StrCat(spec.key, "@", spec.slice.ToString())
                       : spec.key);
  }
  return keys;
}

std::string Refusal(const std::vector<SaverItem>& items) {
  const auto specs = FlattenItems(items);
  EXPECT_EQ(specs.status().code(), absl::StatusCode::kInvalidArgument);
  return Message(specs.status());
}

// Something with two values: one like a variable's, one of its own.
class Counter : public Trackable {
 public:
  explicit Counter(std::string name)
      : value_(name, "VARIABLE_VALUE"), state_(name + "/state", "state") {}
  std::vector<Saveable*> Saveables() override { return {&value_, &state_}; }

  class Number : public Saveable {
   public:
    Number(std::string name, std::string attribute)
        : name_(std::move(name)), attribute_(std::move(attribute)) {}
    std::string attribute_name() const override { return attribute_; }
    std::string full_name() const override { return name_; }
    DataType expected_dtype() const override { return DataType::kInt64; }
    const Shape* expected_shape() const override { return nullptr; }
    StatusOr<TensorView> Value(Tensor* scratch) override {
      if (!is_set) return TensorView();
      *scratch = Tensor::Scalar<int64_t>(number);
      return scratch->view();
    }
    Status Restore(Tensor value) override {
      if (refuses) return FailedPreconditionError("refused");
      number = value.data<int64_t>()[0];
      return OkStatus();
    }
    int64_t number = 0;
    bool is_set = true;
    bool refuses = false;

   private:
    std::string name_, attribute_;
  };
  Number value_, state_;
};

// 027 (V1 V2)
TEST(VarList, SortsByCheckpointNameWhateverTheOrder) {
  Variable b("b", Tensor::Scalar<float>(1)), a("a", Tensor::Scalar<float>(1));
  Variable upper("Z", Tensor::Scalar<float>(1));
  EXPECT_THAT(Keys({SaverItem::Own(SaverPart::Of(b)),
                    SaverItem::Own(SaverPart::Of(upper)),
                    SaverItem::Own(SaverPart::Of(a))}),
              ElementsAre("Z", "a", "b"));
  EXPECT_THAT(Keys({SaverItem::Named("y", SaverPart::Of(a)),
                    SaverItem::Named("x", SaverPart::Of(b))}),
              ElementsAre("x", "y"));
}

// 028 (V3)
TEST(VarList, RefusesOneVariableUnderTwoNames) {
  Variable a("a", Tensor::Scalar<float>(1));
  EXPECT_EQ(Refusal({SaverItem::Named("x", SaverPart::Of(a)),
                     SaverItem::Named("w", SaverPart::Of(a))}),
            "The same saveable will be restored with two names: x");
}

StatusOr<std::unique_ptr<PartitionedVariable>> MakeParts(
    const std::string& name, int axis, int count, Shape shape = {10, 3}) {
  CAIRN_ASSIGN_OR_RETURN(Tensor value, Tensor::Create(DataType::kFloat, shape));
  float next = 0;
  for (float& element : value.data<float>()) element = next++;
  return PartitionedVariable::Create(name, value, axis, count);
}

// 029 (V4)
TEST(VarList, RefusesTwoOfOneNameAndSlicesBesideAWhole) {
  Variable n("n", Tensor::Scalar<float>(1)), m("n", Tensor::Scalar<float>(1));
  EXPECT_EQ(Refusal({SaverItem::Own(SaverPart::Of(n)),
                     SaverItem::Own(SaverPart::Of(m))}),
            "At least two variables have the same name: n");
  const auto parts = MakeParts("n", 0, 2);
  EXPECT_EQ(Refusal({SaverItem::Own(SaverPart::Of(n)),
                     SaverItem::Own((*parts)->parts()[0])}),
            "Mixing slices and non-slices with the same name: n");
  EXPECT_EQ(Refusal({SaverItem::Own((*parts)->parts()[0]),
                     SaverItem::Own(SaverPart::Of(n))}),
            "At least two variables have the same name: n");
}

// 030 (V5)
TEST(VarList, RefusesWhatIsNoVariableAndBadNames) {
  Variable v("v", Tensor::Scalar<float>(1)), unnamed("", Tensor::Scalar(1.f));
  EXPECT_THAT(Refusal({SaverItem::Own({})}),
              HasSubstr("Variable to save is not a Variable: "));
  EXPECT_THAT(Refusal({SaverItem::Named("x", {})}),
              HasSubstr("names_to_saveables must be a dict mapping string "
                        "names to Tensors/Variables. Not a variable: "));
  EXPECT_THAT(Refusal({SaverItem::Own(SaverPart::Of(unnamed))}),
              HasSubstr("must not be empty"));
  EXPECT_THAT(Refusal({SaverItem::Named("", SaverPart::Of(v))}),
              HasSubstr("must not be empty"));
  EXPECT_THAT(Refusal({SaverItem::Own(SaverPart::Of(v, "gpu"))}),
              HasSubstr("'gpu' names no device"));
}

// 031 (V6)
TEST(VarList, SavesSlicesUnderTheFullNameInListAndDictForm) {
  const auto parts = MakeParts("p", 0, 3);
  std::vector<SaverItem> list;
  for (SaverPart& part : (*parts)->parts()) {
    list.push_back(SaverItem::Own(std::move(part)));
  }
  EXPECT_THAT(Keys(list), ElementsAre("p@0,4:0,3", "p@4,3:0,3", "p@7,3:0,3"));
  EXPECT_THAT(Keys({SaverItem::Slices("q", (*parts)->parts())}),
              ElementsAre("q@0,4:0,3", "q@4,3:0,3", "q@7,3:0,3"));
  // One slice under a name of a dict is a variable like any other.
  EXPECT_THAT(Keys({SaverItem::Named("one", (*parts)->parts()[1])}),
              ElementsAre("one"));
}

// 032 (V6)
TEST(VarList, RefusesListsThatAreNotSlicesOfOneTensor) {
  Variable v("v", Tensor::Scalar<float>(1));
  EXPECT_EQ(Refusal({SaverItem::Slices("k", {SaverPart::Of(v)})}),
            "Slices must all be slices: v");
  const auto a = MakeParts("a", 0, 2), b = MakeParts("b", 0, 2);
  EXPECT_EQ(
      Refusal({SaverItem::Slices("k", {(*a)->parts()[0], (*b)->parts()[1]})}),
      "Slices must all be from the same tensor: a != b");
  Counter counter("c");
  EXPECT_EQ(Refusal({SaverItem::Slices("k", {SaverPart::Of(counter)})}),
            "Slices must all be Variables: k");
  SaverPart outside = (*a)->parts()[0];
  outside.slice->offset = {8, 0};
  EXPECT_THAT(Refusal({SaverItem::Slices("k", {outside})}),
              HasSubstr("is no slice of a[10,3]"));
  SaverPart other = (*a)->parts()[1];
  other.slice->full_shape = Shape{20, 3};
  EXPECT_THAT(Refusal({SaverItem::Slices("k", {(*a)->parts()[0], other})}),
              HasSubstr("Slices must all be from the same tensor: k"));
}

// V7
TEST(VarList, NamesTheValuesOfOtherObjects) {
  Counter counter("c");
  EXPECT_THAT(Keys({SaverItem::Named("n", SaverPart::Of(counter))}),
              ElementsAre("n", "n_state"));
  EXPECT_THAT(Keys({SaverItem::Own(SaverPart::Of(counter))}),
              ElementsAre("c", "c/state"));
  EXPECT_THAT(Keys({SaverItem::Own(SaverPart::OfValue(counter.state_))}),
              ElementsAre("c/state"));
}

TEST(VarList, RestoresOtherObjectsOrNothing) {
  MemoryFileSystem fs;
  Counter a("a"), b("b");
  Variable v("v", Tensor::Scalar<float>(3));
  a.value_.number = 7;
  b.value_.number = 8;
  const std::vector<SaverItem> items = {SaverItem::Own(SaverPart::Of(a)),
                                        SaverItem::Own(SaverPart::Of(b)),
                                        SaverItem::Own(SaverPart::Of(v))};
  auto saver = Saver::CreateFromItems(fs, items);
  ASSERT_TRUE(saver.ok());
  ASSERT_TRUE((*saver)->Save("m").ok());
  a.value_.number = b.value_.number = 1;
  v.data<float>()[0] = 1;
  b.value_.refuses = true;
  EXPECT_EQ((*saver)->Restore("m").code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(a.value_.number, 1);
  EXPECT_EQ(v.data<float>()[0], 1);
  b.value_.refuses = false;
  ASSERT_TRUE((*saver)->Restore("m").ok());
  EXPECT_EQ(a.value_.number, 7);
  EXPECT_EQ(b.value_.number, 8);
  EXPECT_EQ(v.data<float>()[0], 3);
}

// 043 (A8)
TEST(VarList, RefusesToSaveAValueThatIsNotThere) {
  for (const WriteVersion version : {WriteVersion::kV1, WriteVersion::kV2}) {
    MemoryFileSystem fs;
    Counter counter("c");
    counter.value_.is_set = false;
    auto saver =
        Saver::CreateFromItems(fs, {SaverItem::Own(SaverPart::Of(counter))},
                               {.write_version = version});
    const auto path = (*saver)->Save("m", {.meta_graph = "x"});
    EXPECT_EQ(path.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Message(path.status()),
                HasSubstr("Attempting to use uninitialized value c"));
    EXPECT_TRUE(fs.Files().empty());
    EXPECT_TRUE((*saver)->last_checkpoints().empty());
  }
}

TEST(Device, IsWrittenInOneWay) {
  const std::pair<const char*, const char*> kDevices[] = {
      {"", ""},
      {"/cpu:1", "/device:CPU:1"},
      {"/device:gpu:0", "/device:GPU:0"},
      {"/task:3/job:ps", "/job:ps/task:3"},
      {"/job:a/replica:0/task:1/device:CPU:0",
       "/job:a/replica:0/task:1/device:CPU:0"},
      {"/device:CPU:*", "/device:CPU:*"},
  };
  for (const auto& [text, canonical] : kDevices) {
    EXPECT_EQ(*CanonicalDevice(text), canonical);
  }
  for (const char* text : {"/cpu", "/cpu:", "/cpu:x", "/device:CPU", "/task:-1",
                           "/job:", ":", "/device::0", "/cpu:1:2"}) {
    EXPECT_FALSE(CanonicalDevice(text).ok()) << text;
  }
}

TEST(PartitionedVariable, CutsAsTensorFlowDoesAndPutsTogether) {
  const auto parts = MakeParts("p", 1, 3, {2, 8});
  ASSERT_TRUE(parts.ok());
  std::vector<std::string> shapes;
  for (const auto& v : (*parts)->variables()) {
    shapes.push_back(StrCat(v->name(), v->shape().ToString()));
  }
  EXPECT_THAT(shapes,
              ElementsAre("p/part_0[2,3]", "p/part_1[2,3]", "p/part_2[2,2]"));
  const auto whole = (*parts)->Whole();
  ASSERT_TRUE(whole.ok());
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(whole->data<float>()[static_cast<size_t>(i)], i);
  }
  EXPECT_FALSE(MakeParts("p", 2, 1).ok());
  EXPECT_FALSE(MakeParts("p", 0, 11).ok());
  EXPECT_FALSE(MakeParts("p", 0, 0).ok());
}

}  // namespace
}  // namespace cairn::saver
