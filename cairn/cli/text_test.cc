// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/text.h"

#include <gtest/gtest.h>

namespace cairn::cli {
namespace {

TEST(HumanBytes, ChangesUnitWhereRoundingWouldShow1024) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(220904), "215.7 KiB");
  EXPECT_EQ(HumanBytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(~uint64_t{0}), "16.0 EiB");
}

TEST(Count, PutsThePluralWhereItBelongs) {
  EXPECT_EQ(Count(1, "tensor"), "1 tensor");
  EXPECT_EQ(Count(0, "tensor"), "0 tensors");
  EXPECT_EQ(Count(1000000, "tensor"), "1,000,000 tensors");
}

TEST(Utf8, MakesAnyBytesFitForJson) {
  EXPECT_EQ(Utf8("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(Utf8("a\xff"), "a\\xff");
}

TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(DisplayWidth("gr\xc3\xbc\xc3\x9f"), 4u);
  EXPECT_EQ(PadRight("\xc3\xbc", 3), "\xc3\xbc  ");
  EXPECT_EQ(PadLeft("\xc3\xbc", 3), "  \xc3\xbc");
}

TEST(MatchesGlob, FollowsTheGrammar) {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const Case& c : {
           Case{"", "", true},
           Case{"", "a", false},
           Case{"*", "", true},
           Case{"*", "a/b", true},
           Case{"conv*", "conv2d/kernel", true},
           Case{"conv*", "deconv", false},
           Case{"*/kernel", "a/b/kernel", true},
           Case{"*/kernel", "kernel", false},
           Case{"a*b*c", "axxbxbxc", true},
           Case{"a*b*c", "axxcxb", false},
           Case{"d?nse", "dense", true},
           Case{"d?nse", "dnse", false},
           Case{"[a-c]x", "bx", true},
           Case{"[a-c]x", "dx", false},
           Case{"[!a-c]x", "dx", true},
           Case{"[!a-c]x", "ax", false},
           Case{"[]]", "]", true},
           Case{"[a-]", "-", true},
           Case{"[ab", "a", false},
           Case{"\\*", "*", true},
           Case{"\\*", "a", false},
           Case{"a\\", "a\\", true},
       }) {
    EXPECT_EQ(MatchesGlob(c.pattern, c.text), c.matches)
        << c.pattern << " " << c.text;
  }
}

TEST(MatchesGlob, IsNotExponentialInItsStars) {
  const std::string text(2000, 'a');
  EXPECT_FALSE(MatchesGlob("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(Table, AlignsColumnsAndLetsLongCellsStickOut) {
  Table table({{.head = "KEY", .limit = 4},
               {.head = "N", .align = Table::Align::kRight},
               {.head = ""}});
  table.Measure({"a", "1,000", ""});
  table.Measure({"abcdefgh", "1", "x"});
  EXPECT_EQ(table.Head(), "KEY       N");
  EXPECT_EQ(table.Row({"a", "1,000", ""}), "a     1,000");
  EXPECT_EQ(table.Row({"abcdefgh", "1", "x"}), "abcdefgh      1  x");
}

}  // namespace
}  // namespace cairn::cli
