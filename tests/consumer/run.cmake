# cmake -D CAIRN_BUILD_DIR= -D CONSUMER_DIR= -D WORK_DIR= -D CXX_COMPILER=
#       -P run.cmake
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR}/run)
run(${CMAKE_COMMAND} --install ${CAIRN_BUILD_DIR} --prefix ${WORK_DIR}/prefix)

file(GLOB_RECURSE generated ${WORK_DIR}/prefix/*.pb.h)
if(generated)
  message(FATAL_ERROR "generated headers are installed: ${generated}")
endif()

run(${CMAKE_COMMAND} -S ${CONSUMER_DIR} -B ${WORK_DIR}/build -G Ninja
  -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix
  -D CMAKE_CXX_COMPILER=${CXX_COMPILER})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/consumer ${WORK_DIR}/run/model)
run(${WORK_DIR}/prefix/bin/cairn ls ${WORK_DIR}/run/model)
