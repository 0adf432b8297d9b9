// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Layout: see npy.h. What a hostile file can do, and the check:
//   another magic or version                compared
//   header length beyond the file           compared with the length
//   a header that is no dict of exactly
//   descr, fortran_order and shape          DictParser accepts nothing else
//   too many dimensions, negative ones,
//   a product that overflows                digits only, Shape::Create,
//   ByteSize elements that do not fill the rest      sizes must be equal,
//   before anything
//                                           is allocated
#include "cairn/data/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kAlignment = 64;

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> dims;
};

// Reads the literal of a dict that NumPy writes: no nesting, no other keys.
class DictParser {
 public:
  explicit DictParser(std::string_view text) : text_(text) {}

  std::optional<Header> Parse() {
    Header header;
    int seen = 0;
    if (!Take('{')) return std::nullopt;
    while (!Take('}')) {
      std::string key;
      if (!String(&key) || !Take(':')) return std::nullopt;
      const int bit = Value(key, header);
      if (bit == 0 || (seen & bit) != 0) return std::nullopt;
      seen |= bit;
      if (!Take(',') && Peek() != '}') return std::nullopt;
    }
    Skip();
    if (seen != 7 || !text_.empty()) return std::nullopt;
    return header;
  }

 private:
  // Which of the three it was, as a bit; 0 on failure.
  int Value(const std::string& key, Header& header) {
    if (key == "descr") return String(&header.descr) ? 1 : 0;
    if (key == "fortran_order") return Bool(&header.fortran_order) ? 2 : 0;
    if (key == "shape") return Tuple(&header.dims) ? 4 : 0;
    return 0;
  }
  void Skip() {
    const size_t at = text_.find_first_not_of(" \n");
    text_.remove_prefix(at == std::string_view::npos ? text_.size() : at);
  }
  char Peek() {
    Skip();
    return text_.empty() ? '\0' : text_.front();
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Word(std::string_view word) {
    Skip();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool String(std::string* value) {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return false;
    const size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) return false;
    *value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return true;
  }
  bool Bool(bool* value) {
    *value = Word("True");
    return *value || Word("False");
  }
  bool Tuple(std::vector<int64_t>* dims) {
    if (!Take('(')) return false;
    while (!Take(')')) {
      Skip();
      int64_t dim = 0;
      const auto [end, error] =
          std::from_chars(text_.data(), text_.data() + text_.size(), dim);
      if (error != std::errc() || dims->size() >= kMaxRank) return false;
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      dims->push_back(dim);
      // "(3)" is no tuple, but "(3,)" and "(2, 3)" are.
      if (!Take(',') && (dims->size() < 2 || Peek() != ')')) return false;
    }
    return true;
  }

  std::string_view text_;
};

struct ElementType {
  DataType dtype = DataType::kInvalid;
  size_t size = 0;  // bytes; for strings, of each
  bool swap = false;
};

// The string descriptors '|S<n>' and '<f4'-like ones in either byte order.
std::optional<ElementType> ParseDescr(std::string_view descr) {
  if (descr.size() < 3) return std::nullopt;
  const char order = descr[0];
  if (order != '<' && order != '>' && order != '|' && order != '=') {
    return std::nullopt;
  }
  if (descr[1] == 'S') {
    size_t size = 0;
    const char* end = descr.data() + descr.size();
    const auto [at, error] = std::from_chars(descr.data() + 2, end, size);
    if (error != std::errc() || at != end) return std::nullopt;
    return ElementType{DataType::kString, size, false};
  }
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (info.npy_descr.size() < 3 || info.kind == DataTypeKind::kQuantized ||
        info.npy_descr.substr(1) != descr.substr(1)) {
      continue;
    }
    const bool big = order == '>';
    return ElementType{info.dtype, static_cast<size_t>(info.size),
                       info.swap_unit > 1 && big == kLittleEndianHost &&
                           order != '=' && order != '|'};
  }
  return std::nullopt;
}

// From first-index-fastest to last-index-fastest.
Tensor FromFortranOrder(const Tensor& stored, Tensor result) {
  const Shape& shape = stored.shape();
  const auto size = static_cast<size_t>(DataTypeSize(stored.dtype()));
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()), 0);
  for (int64_t n = 0; n < shape.num_elements(); ++n) {
    int64_t from = 0;
    for (int d = shape.rank() - 1; d >= 0; --d) {
      from = from * shape.dim(d) + index[static_cast<size_t>(d)];
    }
    std::memcpy(result.mutable_bytes().data() + static_cast<size_t>(n) * size,
                stored.bytes().data() + static_cast<size_t>(from) * size, size);
    for (int d = shape.rank() - 1; d >= 0; --d) {
      if (++index[static_cast<size_t>(d)] < shape.dim(d)) break;
      index[static_cast<size_t>(d)] = 0;
    }
  }
  return result;
}

StatusOr<Tensor> ParseStrings(const Shape& shape, size_t size,
                              std::string_view elements) {
  std::vector<std::string> strings;
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    std::string_view one = elements.substr(static_cast<size_t>(i) * size, size);
    // NumPy pads with NULs and drops them when it reads.
    const size_t last = one.find_last_not_of('\0');
    strings.emplace_back(
        one.substr(0, last == std::string_view::npos ? 0 : last + 1));
  }
  return Tensor::OfStrings(shape, std::move(strings));
}

StatusOr<Tensor> ParseElements(const Header& header, const ElementType& type,
                               std::string_view elements,
                               std::string_view file) {
  StatusOr<Shape> shape = Shape::Create(header.dims);
  if (!shape.ok()) {
    return DataLossError(StrCat(file, ": ", Message(shape.status())));
  }
  const bool strings = type.dtype == DataType::kString;
  const auto count = static_cast<uint64_t>(shape->num_elements());
  const bool fits = type.size == 0 ? elements.empty()
                                   : elements.size() % type.size == 0 &&
                                         elements.size() / type.size == count;
  if (!fits) {
    return DataLossError(StrCat(
        file, ": ", header.descr, " ", shape->ToString(), " needs ", count,
        " x ", type.size, " bytes after the header, got ", elements.size()));
  }
  if (strings) {
    if (type.size == 0 && count > 0) {
      return UnimplementedError(StrCat(file, ": strings of no bytes"));
    }
    if (header.fortran_order && shape->rank() > 1) {
      return UnimplementedError(StrCat(file, ": strings in Fortran order"));
    }
    return ParseStrings(*shape, type.size, elements);
  }
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                         Tensor::CreateUninitialized(type.dtype, *shape));
  if (!elements.empty()) {
    std::memcpy(tensor.mutable_bytes().data(), elements.data(),
                elements.size());
  }
  if (type.swap) SwapElements(type.dtype, tensor.mutable_bytes());
  if (!header.fortran_order || shape->rank() < 2) return tensor;
  CAIRN_ASSIGN_OR_RETURN(Tensor result,
                         Tensor::CreateUninitialized(type.dtype, *shape));
  return FromFortranOrder(tensor, std::move(result));
}

std::string HeaderText(std::string_view descr, const Shape& shape) {
  std::string dims;
  for (int i = 0; i < shape.rank(); ++i) {
    dims += StrCat(i == 0 ? "" : " ", shape.dim(i),
                   i + 1 < shape.rank() || shape.rank() == 1 ? "," : "");
  }
  return StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
                dims, "), }");
}

std::string Preamble(std::string_view descr, const Shape& shape) {
  std::string text = HeaderText(descr, shape);
  // NumPy keeps room for the first dimension to grow to 21 digits in place.
  if (shape.rank() > 0) {
    text.append(21 - StrCat(shape.dim(0)).size(), ' ');
  }
  const bool long_header = kMagic.size() + 4 + text.size() > 65000;
  const size_t fixed = kMagic.size() + 2 + (long_header ? 4 : 2);
  const size_t unpadded = fixed + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string out(kMagic);
  out += static_cast<char>(long_header ? 2 : 1);
  out += '\0';
  std::string length;
  PutFixed32(length, static_cast<uint32_t>(text.size()));
  out.append(length, 0, long_header ? 4 : 2);
  return out + text;
}

StatusOr<std::string> FormatStrings(const TensorView& tensor) {
  if (tensor.dtype() == DataType::kVariant) {
    return InvalidArgumentError("NPY has no type for variants");
  }
  size_t longest = 1;  // NumPy's own least
  for (const std::string& s : tensor.strings()) {
    if (!s.empty() && s.back() == '\0') {
      return InvalidArgumentError(
          StrCat("NPY would lose the NUL at the end of the string \"",
                 Escape(s), "\""));
    }
    longest = std::max(longest, s.size());
  }
  std::string out = Preamble(StrCat("|S", longest), tensor.shape());
  const size_t count = tensor.strings().size();
  if (count > 0 && longest > (out.max_size() - out.size()) / count) {
    return ResourceExhaustedError("the strings do not fit in memory as NPY");
  }
  out.reserve(out.size() + count * longest);
  for (const std::string& s : tensor.strings()) {
    out += s;
    out.append(longest - s.size(), '\0');
  }
  return out;
}

std::string DescrOf(const DataTypeInfo& info) {
  if (info.npy_descr.empty()) {
    return info.size == 1 ? "|u1"
                          : StrCat(kLittleEndianHost ? "<u" : ">u", info.size);
  }
  std::string descr(info.npy_descr);
  if (!kLittleEndianHost && descr[0] == '<') descr[0] = '>';
  return descr;
}

}  // namespace

StatusOr<std::string> FormatNpy(const TensorView& tensor) {
  if (tensor.is_valid() && tensor.holds_strings()) return FormatStrings(tensor);
  if (!IsFixedSize(tensor.dtype())) {
    return InvalidArgumentError(
        StrCat("NPY has no type for ", DataTypeName(tensor.dtype())));
  }
  std::string out = Preamble(DescrOf(Info(tensor.dtype())), tensor.shape());
  out += tensor.bytes();
  return out;
}

StatusOr<Tensor> ParseNpy(std::string_view bytes, std::string_view file) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 4) {
    return DataLossError(StrCat(file, ": not an NPY file: starts with ",
                                HexBytes(bytes.substr(0, kMagic.size()))));
  }
  const int major = static_cast<uint8_t>(bytes[6]);
  if (major < 1 || major > 3 || bytes[7] != 0) {
    return DataLossError(StrCat(file, ": NPY version ", major, ".",
                                int{static_cast<uint8_t>(bytes[7])},
                                ", known are 1.0, 2.0 and 3.0"));
  }
  const size_t fixed = major == 1 ? 10 : 12;
  if (bytes.size() < fixed) {
    return DataLossError(StrCat(file, ": header is cut off"));
  }
  const size_t length = major == 1
                            ? LoadLittleEndian<uint16_t>(bytes.data() + 8)
                            : LoadLittleEndian<uint32_t>(bytes.data() + 8);
  if (length > bytes.size() - fixed) {
    return DataLossError(StrCat(file, ": header of ", length,
                                " bytes is cut off after ",
                                bytes.size() - fixed));
  }
  const std::string_view text = bytes.substr(fixed, length);
  const std::optional<Header> header = DictParser(text).Parse();
  if (!header.has_value()) {
    return DataLossError(StrCat(file, ": malformed header ", Escape(text)));
  }
  const std::optional<ElementType> type = ParseDescr(header->descr);
  if (!type.has_value()) {
    return UnimplementedError(StrCat(file, ": element type '",
                                     Escape(header->descr),
                                     "' has no counterpart"));
  }
  return ParseElements(*header, *type, bytes.substr(fixed + length), file);
}

}  // namespace cairn::data
