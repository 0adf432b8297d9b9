// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Every attack of this folder (*.hex, see make.py) goes through its fuzz
// target, which ends the process if anything is wrong, and must get the answer
// that is written beside it. Then changed copies of all of them go through, so
// that the targets and their mutators run under every compiler.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/choices.h"
#include "fuzz/memory_watch.h"
#include "fuzz/target.h"

namespace cairn::fuzz {
namespace {

struct Attack {
  std::string file;
  std::string what;
  std::string target;
  std::string expected;
  std::string bytes;
};

// The bytes of a line "000010  61 08 01  |a..|".
void AppendHexLine(const std::string& line, std::string& bytes) {
  std::istringstream words(line.substr(line.find(' '), 49));
  for (std::string word; words >> word && word[0] != '|';) {
    ASSERT_EQ(word.size(), 2u) << line;
    bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  }
}

std::vector<Attack> ReadAttacks(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Attack> attacks;
  bool in_record = false;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) {
      in_record = false;
      continue;
    }
    if (!in_record) attacks.emplace_back();
    in_record = true;
    Attack& attack = attacks.back();
    attack.file = path.filename().string();
    if (line[0] == '#') {
      attack.what += line.substr(1);
    } else if (line.starts_with("target: ")) {
      attack.target = line.substr(8);
    } else if (line.starts_with("expect: ")) {
      attack.expected = line.substr(8);
    } else {
      AppendHexLine(line, attack.bytes);
    }
  }
  return attacks;
}

const std::vector<Attack>& AllAttacks() {
  static const std::vector<Attack> all = [] {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(CAIRN_ATTACKS_DIR)) {
      if (entry.path().extension() == ".hex") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    std::vector<Attack> attacks;
    for (const auto& path : paths) {
      std::ranges::move(ReadAttacks(path), std::back_inserter(attacks));
    }
    return attacks;
  }();
  return all;
}

// 165 (D5 D6), among others
TEST(Attacks, GetTheAnswerWrittenBesideThem) {
  ASSERT_GT(AllAttacks().size(), 100u);
  for (const Attack& attack : AllAttacks()) {
    SCOPED_TRACE(attack.file + ":" + attack.what);
    const Target* const target = FindTarget(attack.target);
    ASSERT_NE(target, nullptr) << attack.target;
    const MemoryWatch watch(attack.bytes.size());
    const std::string said = target->run(attack.bytes).ToString();
    EXPECT_NE(said.find(attack.expected), std::string::npos) << said;
  }
}

// A plain stand-in for libFuzzer's own mutations.
size_t ChangeBytes(uint8_t* data, size_t size, size_t max) {
  static SmallRandom random(4);
  const size_t at = random.Below(size);
  switch (random.Below(4)) {
    case 0:
      if (size == max) break;
      std::copy_backward(data + at, data + size, data + size + 1);
      data[at] = static_cast<uint8_t>(random.Next());
      return size + 1;
    case 1:
      if (size == 0) break;
      std::copy(data + at + 1, data + size, data + at);
      return size - 1;
    case 2:
      if (size > 0) data[at] ^= static_cast<uint8_t>(1u << random.Below(8));
      return size;
    default:
      break;
  }
  if (size > 0) data[at] = static_cast<uint8_t>(random.Next());
  return size;
}

// 166 (D7); fuzz/run runs it for as long as wanted
TEST(Attacks, BreakNothingWhenChanged) {
  constexpr int kRounds = 40;
  constexpr size_t kMax = 4096;
  std::map<std::string, uint32_t> done;
  for (const Attack& attack : AllAttacks()) {
    const Target& target = *FindTarget(attack.target);
    std::string input = attack.bytes;
    for (int round = 0; round < kRounds; ++round) {
      const uint32_t seed = done[attack.target]++;
      if (target.mutate == nullptr) {
        MutateText(input, kMax, ChangeBytes);
      } else {
        target.mutate(input, kMax, seed, ChangeBytes);
      }
      if (input.size() > kMax) input.resize(kMax);
      const MemoryWatch watch(input.size());
      target.run(input).IgnoreError();
    }
  }
}

// Targets whose input is choices need no attack to start from.
TEST(Attacks, RandomProgramsEnd) {
  SmallRandom random(7);
  for (const char* name : {"api", "crc", "round_trip"}) {
    const Target* const target = FindTarget(name);
    ASSERT_NE(target, nullptr);
    for (int round = 0; round < 400; ++round) {
      std::string input(random.Below(600), '\0');
      for (char& c : input) c = static_cast<char>(random.Next());
      const MemoryWatch watch(input.size());
      target->run(input).IgnoreError();
    }
  }
}

TEST(Attacks, HaveATargetForEachFormat) {
  std::map<std::string, int> attacks;
  for (const Attack& attack : AllAttacks()) ++attacks[attack.target];
  for (const char* name :
       {"bundle", "table", "state", "journal", "object_graph"}) {
    EXPECT_GT(attacks[name], 5) << name;
  }
  for (const Target* target : AllTargets()) {
    EXPECT_EQ(FindTarget(target->name), target);
  }
  EXPECT_EQ(FindTarget("no such target"), nullptr);
}

}  // namespace
}  // namespace cairn::fuzz
