#include "src/tcp/key_file.h"

#include "src/base/private_file.h"

namespace zonecopy::tcp {

Result<nvme::fabrics::KeyList> read_key_file(const std::string& path) {
  const Result<Secret> text = read_private_file(path);
  if (!text) return text.error();
  const std::span<const std::byte> bytes = text->bytes();
  Result<nvme::fabrics::KeyList> keys =
      nvme::fabrics::parse_key_list({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!keys) keys.error().on_device(path);
  return keys;
}

}  // namespace zonecopy::tcp
