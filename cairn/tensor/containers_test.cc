// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/tensor/containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cairn/tensor/variable.h"

namespace cairn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Names(const Trackable& object) {
  std::vector<std::string> names;
  for (const TrackableEdge& edge : object.Children()) {
    names.push_back(edge.name);
  }
  return names;
}

class Containers : public ::testing::Test {
 protected:
  Variable a_{"a", Tensor::Scalar(1.0f)}, b_{"b", Tensor::Scalar(2.0f)},
      c_{"c", Tensor::Scalar(3.0f)};
};

// 094 (T5): what is no object takes its place and is no child.
TEST_F(Containers, ListNamesElementsByPosition) {
  List list{&a_, Element::Plain(7), &b_, Element::NoDependency(&c_)};
  EXPECT_THAT(Names(list), ElementsAre("0", "2"));
  EXPECT_EQ(list.size(), 4u);
  EXPECT_EQ(std::any_cast<int>(list.at(1).plain()), 7);
  // T13
  EXPECT_EQ(list.at(3).object(), &c_);
  EXPECT_FALSE(list.at(3).is_tracked());
}

// 094 (T6): what a list may do and still be saved.
TEST_F(Containers, ListMayGrowAndReplaceWhatIsNotTracked) {
  List list{&a_, Element::Plain(1)};
  ASSERT_TRUE(list.Append(&b_).ok());
  const Element more[] = {&c_, Element::Plain(2)};
  ASSERT_TRUE(list.Extend(more).ok());
  ASSERT_TRUE(list.Set(1, Element(&c_)).ok());
  EXPECT_THAT(Names(list), ElementsAre("0", "2", "3", "1"));
  ASSERT_TRUE(list.Multiply(2).ok());
  EXPECT_EQ(list.size(), 10u);
  EXPECT_EQ(list.Child("5"), &a_);
  EXPECT_TRUE(list.CheckSaveable().ok());
  EXPECT_TRUE(absl::IsInvalidArgument(list.Multiply(0)));
  EXPECT_TRUE(absl::IsOutOfRange(list.Set(10, Element(&a_))));

  List plain{Element::Plain(3), Element::Plain(1), Element::Plain(2)};
  plain.Sort([](const Element& x, const Element& y) {
    return std::any_cast<int>(x.plain()) < std::any_cast<int>(y.plain());
  });
  EXPECT_EQ(std::any_cast<int>(plain.at(0).plain()), 1);
  plain.Reverse();
  ASSERT_TRUE(plain.Pop().ok());
  ASSERT_TRUE(plain.Erase(0).ok());
  EXPECT_EQ(plain.size(), 1u);
  EXPECT_TRUE(plain.CheckSaveable().ok());
}

// 094 (T7): each of these makes it unsaveable, for ever.
TEST_F(Containers, ListThatMovedATrackedElementCannotBeSaved) {
  using Change = std::function<void(List&)>;
  const std::pair<const char*, Change> changes[] = {
      {"replace", [&](List& l) { EXPECT_TRUE(l.Set(0, &c_).ok()); }},
      {"replace by plain",
       [](List& l) { EXPECT_TRUE(l.Set(0, Element::Plain(0)).ok()); }},
      {"delete", [](List& l) { EXPECT_TRUE(l.Erase(0).ok()); }},
      {"pop", [](List& l) { EXPECT_TRUE(l.Pop().ok()); }},
      {"insert", [&](List& l) { EXPECT_TRUE(l.Insert(0, &c_).ok()); }},
      {"reverse", [](List& l) { l.Reverse(); }},
      {"sort that moves nothing",
       [](List& l) {
         l.Sort([](const Element&, const Element&) { return false; });
       }},
  };
  for (const auto& [what, change] : changes) {
    SCOPED_TRACE(what);
    List list{&a_, &b_};
    change(list);
    const Status status = list.CheckSaveable();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("A list element was replaced (__setitem__, "
                          "__setslice__), deleted"));
    ASSERT_TRUE(list.Append(&c_).ok());
    EXPECT_FALSE(list.CheckSaveable().ok());
  }
}

// 094 (T8)
TEST_F(Containers, WrappedVectorMayOnlyGrowAndBeSynced) {
  std::vector<Trackable*> layers = {&a_};
  List list(&layers);
  EXPECT_TRUE(list.CheckSaveable().ok());
  layers.push_back(&b_);
  const Status status = list.CheckSaveable();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("The wrapped list was modified outside the wrapper"));
  ASSERT_TRUE(list.Sync().ok());
  EXPECT_TRUE(list.CheckSaveable().ok());
  EXPECT_THAT(Names(list), ElementsAre("0", "1"));
  layers[0] = &c_;
  EXPECT_FALSE(list.CheckSaveable().ok());
}

// 095 (T9): insertion order; a removed key's object stays saved.
TEST_F(Containers, DictNamesByKeyAndKeepsWhatWasRemoved) {
  Dict dict{{"z", &a_}, {"a", &b_}, {"n", Element::Plain(1)}};
  EXPECT_THAT(Names(dict), ElementsAre("z", "a"));
  ASSERT_TRUE(dict.Set("z", &c_).ok());
  EXPECT_EQ(dict.Child("z"), &c_);
  EXPECT_THAT(Names(dict), ElementsAre("z", "a"));
  ASSERT_TRUE(dict.Erase("a").ok());
  EXPECT_EQ(dict.Find("a"), nullptr);
  EXPECT_EQ(dict.Child("a"), &b_);
  EXPECT_TRUE(absl::IsNotFound(dict.Erase("a")));
  EXPECT_TRUE(dict.CheckSaveable().ok());
}

// 095 (T10)
TEST_F(Containers, DictWithANumberAsTheKeyOfAnObjectCannotBeSaved) {
  Dict dict{{int64_t{1}, Element::Plain(1)}};
  EXPECT_TRUE(dict.CheckSaveable().ok());
  ASSERT_TRUE(dict.Set(int64_t{2}, &a_).ok());
  const Status status = dict.CheckSaveable();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("contains a non-string key which maps to a trackable"));
  ASSERT_TRUE(dict.Erase(int64_t{2}).ok());
  EXPECT_TRUE(dict.CheckSaveable().ok());
}

// 096 (T11)
TEST_F(Containers, TuplesNameByPositionAndNamedOnesByFieldFirst) {
  Tuple tuple{&a_, Element::Plain(1), &b_};
  EXPECT_THAT(Names(tuple), ElementsAre("0", "2"));
  NamedTuple named{{"left", &a_}, {"right", &b_}};
  EXPECT_THAT(Names(named), ElementsAre("left", "right", "0", "1"));
  EXPECT_EQ(named.Child("1"), &b_);
  EXPECT_EQ(named.at(0).name, "left");
}

}  // namespace
}  // namespace cairn
