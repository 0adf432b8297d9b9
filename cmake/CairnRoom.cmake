# cairn_room(NAME  SOURCES ...  [HEADERS ...]  [DEPS ...]  [PRIVATE_DEPS ...]
#            [TESTS ...]  [TEST_DEPS ...])
# One room: the static library cairn_NAME (alias Cairn::NAME), its installed
# headers, and one GoogleTest program NAME_test from TESTS.
function(cairn_room name)
  cmake_parse_arguments(R "" ""
    "SOURCES;HEADERS;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS" ${ARGN})
  add_library(cairn_${name} STATIC ${R_SOURCES} ${R_HEADERS})
  add_library(Cairn::${name} ALIAS cairn_${name})
  set_target_properties(cairn_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(cairn_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:include>)
  target_compile_features(cairn_${name} PUBLIC cxx_std_20)
  target_link_libraries(cairn_${name} PUBLIC ${R_DEPS} PRIVATE ${R_PRIVATE_DEPS})
  cairn_compile_options(cairn_${name})
  set_property(GLOBAL APPEND PROPERTY CAIRN_ROOMS cairn_${name})
  install(TARGETS cairn_${name} EXPORT CairnTargets ARCHIVE)
  if(R_HEADERS)
    install(FILES ${R_HEADERS} DESTINATION include/cairn/${name})
  endif()
  if(CAIRN_TESTS AND R_TESTS)
    add_executable(${name}_test ${R_TESTS})
    target_link_libraries(${name}_test PRIVATE
      cairn_${name} ${R_TEST_DEPS} GTest::gmock GTest::gtest_main)
    # Relative, so that all clones share what ccache keeps: tests run in the
    # source directory.
    target_compile_definitions(${name}_test PRIVATE
      CAIRN_GOLDEN_DIR="tests/golden")
    cairn_compile_options(${name}_test)
    # GoogleTest's templates take the compiler a third longer at -O3, and the
    # time of a test is spent in the library.
    if(NOT CAIRN_SANITIZE)
      target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    endif()
    add_test(NAME ${name}_test COMMAND ${name}_test
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name}_test PROPERTIES LABELS quick)
  endif()
endfunction()

function(cairn_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic
    $<$<BOOL:${CAIRN_WERROR}>:-Werror>)
  if(CAIRN_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${CAIRN_SANITIZE}
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${CAIRN_SANITIZE})
  endif()
endfunction()
