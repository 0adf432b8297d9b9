# Everything Cairn links, from the distribution. One job each; which room may
# include which is in docs/architecture.md.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(Snappy REQUIRED)
if(CAIRN_TESTS)
  find_package(GTest REQUIRED)
endif()

include(CairnStaticLibraries)
if(CAIRN_STATIC)
  cairn_link_statically()
endif()

include(CairnImported)
if(CAIRN_NN AND NOT TARGET DNNL::dnnl)
  message(FATAL_ERROR "oneDNN not found; -DCAIRN_NN=OFF builds without it")
endif()
