// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/cat_command.h"

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/text.h"
#include "cairn/cli/value_text.h"
#include "cairn/data/npy.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/nearest.h"
#include "cairn/inspect/numbers.h"
#include "cairn/object/object_graph.h"

namespace cairn::cli {
namespace {

using inspect::CheckpointSource;
using inspect::Entry;

constexpr size_t kSuggestions = 3;

// The bytes of RFC 4648 base64; nothing when it is none.
std::optional<std::string> DecodeBase64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t group = 0;
    int padding = 0;
    for (const char c : text.substr(i, 4)) {
      const bool is_end = i + 4 == text.size();
      const size_t digit = kDigits.find(c);
      if (c == '=' && is_end) {
        ++padding;
      } else if (digit == std::string_view::npos || padding > 0) {
        return std::nullopt;
      }
      group = (group << 6) | (c == '=' ? 0 : static_cast<uint32_t>(digit));
    }
    if (padding > 2) return std::nullopt;
    for (int byte = 0; byte < 3 - padding; ++byte) {
      bytes += static_cast<char>((group >> (16 - 8 * byte)) & 0xff);
    }
  }
  return bytes;
}

Status MissingKey(const CheckpointSource& source, std::string_view key) {
  std::vector<std::string> near =
      inspect::NearestKeys(source, key, kSuggestions);
  for (std::string& name : near) name = Printable(name);
  std::string text =
      StrCat(Printable(source.path()), ": has no key ", Escape(key));
  if (near.size() == 1) text += StrCat("; did you mean ", near[0], "?");
  if (near.size() > 1) {
    text += StrCat("; did you mean one of these?\n  ", Join(near, "\n  "));
  }
  return NotFoundError(text);
}

// "[0,3,2]": where element `i` of the tensor is.
std::string Position(const Shape& shape, int64_t i) {
  std::string text = "]";
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    text = StrCat(axis > 0 ? "," : "[", i % shape.dim(axis), text);
    i /= shape.dim(axis);
  }
  return shape.rank() == 0 ? "" : text;
}

std::string StatisticsText(const TensorView& tensor) {
  const inspect::NumberStatistics stats = inspect::ComputeStatistics(tensor);
  std::string text;
  if (stats.smallest >= 0) {
    text = StrCat("min ", ElementText(tensor, stats.smallest), " at ",
                  Position(tensor.shape(), stats.smallest), ", max ",
                  ElementText(tensor, stats.largest), " at ",
                  Position(tensor.shape(), stats.largest), ", mean ",
                  static_cast<float>(stats.mean), ", std ",
                  static_cast<float>(stats.deviation));
  }
  const auto add = [&](int64_t count, std::string_view noun) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += Count(static_cast<uint64_t>(count), noun);
  };
  add(stats.zeros, "zero");
  add(stats.nans, "NaN");
  add(stats.infinities, "infinite value");
  return text;
}

Status PrintText(const CheckpointSource& source, const Entry& entry,
                 const CatOptions& options, Console& console) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::HeldTensor held,
                         source.Hold(entry.key));
  PrintTensorText({.name = entry.key,
                   .tensor = held.view(),
                   .bytes = static_cast<uint64_t>(entry.bytes),
                   .pieces = entry.pieces.size(),
                   .all = options.all},
                  console);
  if (entry.key == object::kObjectGraphKey) {
    console.out << console.Faint("`cairn graph` shows what this describes.")
                << "\n";
  }
  return OkStatus();
}

Status PrintJson(const CheckpointSource& source, const Entry& entry,
                 Console& console) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::HeldTensor held,
                         source.Hold(entry.key));
  nlohmann::ordered_json head;
  if (IsUtf8(entry.key)) {
    head["key"] = entry.key;
  } else {
    head["key_base64"] = Base64(entry.key);
  }
  head["dtype"] = DataTypeName(entry.dtype);
  head["shape"] = std::vector<int64_t>(entry.shape.dims().begin(),
                                       entry.shape.dims().end());
  std::string text = head.dump();
  text.pop_back();  // the value goes inside, but is written piece by piece
  console.out << text << ",\"value\":";
  WriteJsonValue(held.view(), console.out);
  console.out << "}\n";
  return OkStatus();
}

Status PrintNpy(const CheckpointSource& source, const Entry& entry,
                Console& console) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::HeldTensor held,
                         source.Hold(entry.key));
  StatusOr<std::string> npy = data::FormatNpy(held.view());
  if (!npy.ok()) return Annotate(npy.status(), Escape(entry.key));
  console.out << *npy;
  return OkStatus();
}

Status PrintRaw(const CheckpointSource& source, const Entry& entry,
                Console& console) {
  return source.Stream(entry, [&](std::string_view bytes) {
    console.out << bytes;
    return OkStatus();
  });
}

}  // namespace

void PrintTensorText(const TensorText& text, Console& console) {
  const TensorView& tensor = text.tensor;
  console.out << console.Bold(Printable(text.name)) << "\n"
              << DataTypeName(tensor.dtype()) << " "
              << tensor.shape().ToString() << ", " << Count(text.bytes, "byte");
  if (text.pieces > 0) console.out << " in " << Count(text.pieces, "slice");
  console.out << "\n";
  if (tensor.num_elements() > 1 && inspect::HoldsRealNumbers(tensor.dtype())) {
    console.out << console.Faint(StatisticsText(tensor)) << "\n";
  }
  ArrayTextOptions layout;
  if (text.all) layout.threshold = std::numeric_limits<int64_t>::max();
  if (console.out_is_terminal) layout.width = console.width - 1;
  console.out << ArrayText(tensor, layout) << "\n";
}

void DeclareCat(CLI::App& verb, CatOptions& options) {
  verb.add_option("PATH", options.path, kPathHelp)->required();
  auto* key = verb.add_option("KEY", options.key, "The tensor's name");
  verb.add_option("--key-base64", options.key_base64,
                  "The name in base64 instead, as ls prints names that are not "
                  "UTF-8")
      ->type_name("TEXT")
      ->excludes(key);
  auto* json = verb.add_flag_callback(
      "--json", [&] { options.format = CatFormat::kJson; },
      "One JSON object: key, dtype, shape and value (nested lists; NaN and "
      "infinities as strings)");
  auto* npy = verb.add_flag_callback(
      "--npy", [&] { options.format = CatFormat::kNpy; },
      "A NumPy .npy file on standard output");
  auto* raw = verb.add_flag_callback(
      "--raw", [&] { options.format = CatFormat::kRaw; },
      "The little-endian bytes that ls --sha256 hashes (each string after its "
      "length in 8 bytes)");
  json->excludes(npy)->excludes(raw);
  npy->excludes(raw);
  verb.add_flag("--all", options.all, "Do not shorten long arrays");
  verb.footer(
      "Examples:\n"
      "  cairn cat tf_ckpt conv2d/kernel\n"
      "  cairn cat tf_ckpt dense/bias --json\n"
      "  cairn cat tf_ckpt dense/kernel --npy > kernel.npy\n"
      "\n"
      "Exit status: 0 printed; 1 no such key, or the tensor is damaged;\n"
      "2 wrong use or not readable.");
}

Status PrintTensor(const CheckpointSource& source, const Entry& entry,
                   const CatOptions& options, Console& console) {
  switch (options.format) {
    case CatFormat::kText:
      return PrintText(source, entry, options, console);
    case CatFormat::kJson:
      return PrintJson(source, entry, console);
    case CatFormat::kNpy:
      return PrintNpy(source, entry, console);
    case CatFormat::kRaw:
      return PrintRaw(source, entry, console);
  }
  return InternalError("unknown format");
}

int RunCat(FileSystem& fs, const CatOptions& options, Console& console) {
  const bool is_binary =
      options.format == CatFormat::kNpy || options.format == CatFormat::kRaw;
  if (is_binary && console.out_is_terminal) {
    console.Note("not writing binary data to a terminal; redirect it");
    return kExitTrouble;
  }
  std::string key = options.key;
  if (!options.key_base64.empty()) {
    const std::optional<std::string> bytes = DecodeBase64(options.key_base64);
    if (!bytes) {
      console.Note(StrCat("--key-base64: not base64: ", options.key_base64));
      return kExitTrouble;
    }
    key = *bytes;
  }
  if (key.empty()) {
    console.Note("cat: expected a KEY; cairn ls PATH lists them");
    return kExitTrouble;
  }
  const auto target = inspect::LocateCheckpoint(fs, options.path);
  if (!target.ok()) return Report(target.status(), console);
  NoteTarget(*target, console);
  const auto source = CheckpointSource::Open(fs, *target);
  if (!source.ok()) return Report(source.status(), console);
  const StatusOr<Entry> entry = (*source)->Find(key);
  if (absl::IsNotFound(entry.status())) {
    Report(MissingKey(**source, key), console);
    return kExitNo;
  }
  if (!entry.ok()) return Report(entry.status(), console);
  return Report(PrintTensor(**source, *entry, options, console), console);
}

}  // namespace cairn::cli
