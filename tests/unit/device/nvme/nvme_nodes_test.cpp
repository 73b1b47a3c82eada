// The two nodes of an NVMe namespace, found by the name of either.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "src/device/nvme/nvme_namespace.h"

namespace zonecopy::nvme {
namespace {

std::string tidy(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

struct Row {
  std::string path;
  std::string block_path;
  std::string character_path;
};

TEST(NvmeNodes, BothFromEither) {
  const std::vector<Row> rows = {
      {"/dev/nvme0n1", "/dev/nvme0n1", "/dev/ng0n1"},
      {"/dev/ng0n1", "/dev/nvme0n1", "/dev/ng0n1"},
      {"/dev/nvme12n345", "/dev/nvme12n345", "/dev/ng12n345"},
      {"/dev/ng12n345", "/dev/nvme12n345", "/dev/ng12n345"},
      {"/somewhere/else/ng7n2", "/somewhere/else/nvme7n2", "/somewhere/else/ng7n2"},
      {"dev/nvme7n2", "dev/nvme7n2", "dev/ng7n2"},
      {"../ng7n2", "../nvme7n2", "../ng7n2"},
      {"/nvme0n1", "/nvme0n1", "/ng0n1"},
  };
  for (const Row& row : rows) {
    const Result<NamespaceNodes> nodes = nodes_of(row.path);
    ASSERT_TRUE(nodes.ok()) << row.path << ": " << nodes.error().to_string();
    EXPECT_EQ(tidy(nodes->block_path), row.block_path) << row.path;
    EXPECT_EQ(tidy(nodes->character_path), row.character_path) << row.path;
  }
}

TEST(NvmeNodes, NameWithoutFolderIsInTheWorkingFolder) {
  for (const std::string name : {"nvme0n1", "ng0n1"}) {
    const Result<NamespaceNodes> nodes = nodes_of(name);
    ASSERT_TRUE(nodes.ok()) << nodes.error().to_string();
    EXPECT_EQ(tidy(nodes->block_path), "nvme0n1") << name;
    EXPECT_EQ(tidy(nodes->character_path), "ng0n1") << name;
  }
}

TEST(NvmeNodes, WhatIsNoNamespace) {
  const std::vector<std::string> paths = {
      "",
      "/",
      "/dev",
      "/dev/",
      "/dev/nvme0",
      "/dev/nvme",
      "/dev/ng0",
      "/dev/ng",
      "/dev/n",
      "/dev/nvme0n",
      "/dev/nvmen1",
      "/dev/ngn1",
      "/dev/ngn",
      "/dev/nvme0n1p1",
      "/dev/nvme0n1p",
      "/dev/ng0n1p1",
      "/dev/nvme0c0n1",
      "/dev/nvme0n1n2",
      "/dev/nvme0n1/",
      "/dev/nvme 0n1",
      "/dev/nvme0n 1",
      "/dev/nvme-1n1",
      "/dev/nvme0n-1",
      "/dev/nvme0n0x1",
      "/dev/nvm0n1",
      "/dev/Nvme0n1",
      "/dev/xng0n1",
      "/dev/nvme-fabrics",
      "/dev/sda",
      "/dev/loop0",
      "/dev/nvme0n1/x",
  };
  for (const std::string& path : paths) {
    const Result<NamespaceNodes> nodes = nodes_of(path);
    ASSERT_FALSE(nodes.ok()) << path << " gives " << nodes->block_path << " and " << nodes->character_path;
    EXPECT_EQ(nodes.error().code(), EINVAL) << path;
    EXPECT_EQ(nodes.error().device(), path);
    EXPECT_NE(nodes.error().detail().find("/dev/nvme0n1"), std::string::npos) << "says what would be right";
  }
}

}  // namespace
}  // namespace zonecopy::nvme
