// The shortest way to the drive, to compare a mount with: the same Copy commands, reads and writes as io_uring passthrough,
// one after the other, without a file system. And the same reads and writes on a file, by the same ring and loop.
//
//   raw_passthrough copy /dev/ng0n1 SOURCE_LBA DESTINATION_LBA BLOCKS RANGE_BLOCKS COMMAND_BLOCKS    prints seconds
//   raw_passthrough copy-file SOURCE DESTINATION BYTES        copy_file_range; prints seconds
//   raw_passthrough read-write SOURCE DESTINATION BYTES       O_DIRECT, 1 MiB at a time; prints seconds
//   raw_passthrough read FILE|/dev/ng0n1 FIRST BYTES DEPTH SECONDS   random 4 KiB reads; prints reads a second
//   raw_passthrough write FILE|/dev/ng0n1 FIRST BYTES         128 KiB writes, one at a time; prints bytes a second
//
// FIRST is a byte of the file or of the drive. Blocks are 4096 bytes.
#include <liburing.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include <deque>
#include <random>

#include "tests/bench/measure.h"

namespace {

using bench::fail;

constexpr std::uint64_t block_bytes = 4096;
constexpr std::uint64_t write_bytes = 128U << 10;
constexpr std::uint8_t opcode_write = 0x01;
constexpr std::uint8_t opcode_read = 0x02;
constexpr std::uint8_t opcode_copy = 0x19;

struct SourceRange {  // NVM Command Set 1.1, 3.2.2.1, format 0
  std::uint64_t reserved = 0;
  std::uint64_t first_lba = 0;
  std::uint16_t blocks_less_one = 0;
  std::uint16_t rest[7] = {};
};
static_assert(sizeof(SourceRange) == 32);

class Ring {
 public:
  Ring(const std::string& path, int flags)
      : raw_(path.starts_with("/dev/ng")), file_(path, raw_ ? O_RDWR : flags | O_DIRECT) {
    if (raw_) nsid_ = static_cast<std::uint32_t>(ioctl(file_.fd(), NVME_IOCTL_ID));
    if (io_uring_queue_init(64, &ring_, IORING_SETUP_SQE128 | IORING_SETUP_CQE32) != 0) fail("no io_uring");
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { io_uring_queue_exit(&ring_); }

  void command(std::uint8_t opcode, std::uint64_t lba, std::uint32_t dword12, const void* data, std::size_t bytes,
               std::uint64_t tag = 0) {
    io_uring_sqe* const entry = clean_entry(tag);
    entry->opcode = IORING_OP_URING_CMD;
    entry->cmd_op = NVME_URING_CMD_IO;
    nvme_uring_cmd request{};
    request.opcode = opcode;
    request.nsid = nsid_;
    request.addr = reinterpret_cast<std::uintptr_t>(data);
    request.data_len = static_cast<std::uint32_t>(bytes);
    request.cdw10 = static_cast<std::uint32_t>(lba);
    request.cdw11 = static_cast<std::uint32_t>(lba >> 32U);
    request.cdw12 = dword12;
    std::memcpy(entry->cmd, &request, sizeof request);
  }

  void transfer(bool write, std::uint64_t offset, void* data, std::size_t bytes, std::uint64_t tag = 0) {
    if (raw_) {
      command(write ? opcode_write : opcode_read, offset / block_bytes,
              static_cast<std::uint32_t>(bytes / block_bytes - 1), data, bytes, tag);
      return;
    }
    io_uring_sqe* const entry = clean_entry(tag);
    entry->opcode = write ? IORING_OP_WRITE : IORING_OP_READ;
    entry->addr = reinterpret_cast<std::uintptr_t>(data);
    entry->len = static_cast<std::uint32_t>(bytes);
    entry->off = offset;
  }

  /// Waits for one to end; the tag it was given.
  std::uint64_t wait(std::size_t bytes) {
    io_uring_submit_and_wait(&ring_, 1);
    io_uring_cqe* entry = nullptr;
    if (io_uring_peek_cqe(&ring_, &entry) != 0) fail("no completion");
    const std::int32_t expected = raw_ ? 0 : static_cast<std::int32_t>(bytes);
    if (entry->res != expected) fail("a command ended with {}", entry->res);
    const std::uint64_t tag = entry->user_data;
    io_uring_cqe_seen(&ring_, entry);
    return tag;
  }

 private:
  io_uring_sqe* clean_entry(std::uint64_t tag) {
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
    std::memset(static_cast<void*>(entry), 0, 2 * sizeof *entry);
    entry->fd = file_.fd();
    entry->user_data = tag;
    return entry;
  }

  bool raw_;
  bench::File file_;
  std::uint32_t nsid_ = 0;
  io_uring ring_{};
};

double copy(const std::string& drive, std::uint64_t source, std::uint64_t destination, std::uint64_t blocks,
            std::uint64_t range_blocks, std::uint64_t command_blocks) {
  Ring ring(drive, O_RDWR);
  const double start = bench::seconds_now();
  while (blocks > 0) {
    std::vector<SourceRange> ranges;
    std::uint64_t left = std::min(command_blocks, blocks);
    const std::uint64_t destination_next = destination + left;
    for (blocks -= left; left > 0; left -= ranges.back().blocks_less_one + 1U) {
      ranges.push_back(
          {.first_lba = source, .blocks_less_one = static_cast<std::uint16_t>(std::min(range_blocks, left) - 1)});
      source += ranges.back().blocks_less_one + 1U;
    }
    ring.command(opcode_copy, destination, static_cast<std::uint32_t>(ranges.size() - 1), ranges.data(),
                 ranges.size() * 32);
    ring.wait(0);
    destination = destination_next;
  }
  return bench::seconds_now() - start;
}

double copy_file(const std::string& source, const std::string& destination, std::uint64_t bytes) {
  const bench::File from(source, O_RDONLY);
  const bench::File to(destination, O_RDWR);
  const double start = bench::seconds_now();
  while (bytes > 0) {
    const ssize_t count = copy_file_range(from.fd(), nullptr, to.fd(), nullptr, bytes, 0);
    if (count <= 0) bench::fail_errno("copy_file_range", destination);
    bytes -= static_cast<std::uint64_t>(count);
  }
  return bench::seconds_now() - start;
}

double read_write(const std::string& source, const std::string& destination, std::uint64_t bytes) {
  const bench::File from(source, O_RDONLY | O_DIRECT);
  const bench::File to(destination, O_WRONLY | O_DIRECT);
  const bench::Memory memory(bench::mebibyte);
  const double start = bench::seconds_now();
  for (std::uint64_t at = 0; at < bytes; at += bench::mebibyte) {
    const std::size_t piece = std::min<std::uint64_t>(bench::mebibyte, bytes - at);
    bench::expect_all(pread(from.fd(), memory.data(), piece, static_cast<off_t>(at)), piece, "read", source);
    bench::expect_all(pwrite(to.fd(), memory.data(), piece, static_cast<off_t>(at)), piece, "write", destination);
  }
  return bench::seconds_now() - start;
}

double read_randomly(const std::string& path, std::uint64_t first, std::uint64_t bytes, std::uint64_t depth,
                     double seconds) {
  Ring ring(path, O_RDONLY);
  std::deque<bench::Memory> memory;
  std::mt19937_64 randomly(1);
  const auto start_one = [&](std::uint64_t tag) {
    ring.transfer(false, first + randomly() % (bytes / block_bytes) * block_bytes, memory[tag].data(), block_bytes,
                  tag);
  };
  for (std::uint64_t tag = 0; tag < depth; ++tag) {
    memory.emplace_back(block_bytes);
    start_one(tag);
  }
  const double start = bench::seconds_now();
  std::uint64_t reads = 0;
  double now = start;
  for (; now - start < seconds; now = bench::seconds_now(), ++reads) start_one(ring.wait(block_bytes));
  for (std::uint64_t tag = 0; tag < depth; ++tag) ring.wait(block_bytes);
  return static_cast<double>(reads) / (now - start);
}

double write_sequentially(const std::string& path, std::uint64_t first, std::uint64_t bytes) {
  Ring ring(path, O_WRONLY);
  const bench::Memory memory(write_bytes);
  const double start = bench::seconds_now();
  for (std::uint64_t at = 0; at < bytes; at += write_bytes) {
    ring.transfer(true, first + at, memory.data(), write_bytes);
    ring.wait(write_bytes);
  }
  return static_cast<double>(bytes) / (bench::seconds_now() - start);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto number = [&](std::size_t i) { return bench::parse_size(words[i]); };
  double result = 0;
  if (words.size() == 7 && words[0] == "copy") {
    result = copy(words[1], number(2), number(3), number(4), number(5), number(6));
  } else if (words.size() == 4 && words[0] == "copy-file") {
    result = copy_file(words[1], words[2], number(3));
  } else if (words.size() == 4 && words[0] == "read-write") {
    result = read_write(words[1], words[2], number(3));
  } else if (words.size() == 6 && words[0] == "read") {
    result = read_randomly(words[1], number(2), number(3), number(4), std::stod(words[5]));
  } else if (words.size() == 4 && words[0] == "write") {
    result = write_sequentially(words[1], number(2), number(3));
  } else {
    fail("raw_passthrough: see the head of {}", __FILE__);
  }
  fmt::print("{:.6f}\n", result);
}
