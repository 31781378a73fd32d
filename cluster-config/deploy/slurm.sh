#!/usr/bin/env bash
# A cluster for as long as a Slurm job lasts: coordinators on the first three nodes, one GPU node process for each GPU
# of all nodes. A job that is cut off goes on where it was when it is submitted again: everything is in Cassandra and
# in the store.
#
#   sbatch --nodes 4 --gpus-per-node 8 cluster-config/deploy/slurm.sh
#
# Wants PUZZLE_HOME (an unpacked archive), PUZZLE_TLS (tls.key, tls.crt, ca.crt for all host names), PUZZLE_CASSANDRA
# (host:port), and the parent and the store on a file system that all nodes see.
#SBATCH --job-name=puzzle
#SBATCH --ntasks-per-node=1
#SBATCH --signal=B:TERM@120
set -euo pipefail

: "${PUZZLE_HOME:?where the archive is unpacked}" "${PUZZLE_TLS:?folder of the certificates}" "${PUZZLE_CASSANDRA:?host:port}"
mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
seeds=$(printf '%s:25520,' "${hosts[@]:0:3}")
seeds=${seeds%,}
conf=$PUZZLE_HOME/cluster-config/deploy/node.conf
export PUZZLE_CASSANDRA

node() { # host, further arguments
  local host=$1
  shift
  srun --nodes 1 --ntasks 1 --overlap --nodelist "$host" --export ALL \
    "$PUZZLE_HOME/bin/puzzle" node --host "$host" --seeds "$seeds" --config "$conf" --tls "$PUZZLE_TLS" "$@" &
}

for host in "${hosts[@]:0:3}"; do
  node "$host" --roles coordinator,solver,edge
done
for host in "${hosts[@]}"; do
  for ((gpu = 0; gpu < ${SLURM_GPUS_ON_NODE:-1}; gpu++)); do
    CUDA_VISIBLE_DEVICES=$gpu node "$host" --roles gpu --devices 1 --port 0
  done
done
wait
