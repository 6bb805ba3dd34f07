package io.llamamesh.bench.fabric;

import java.util.List;

/**
 * How much of the fabric is simulated.
 *
 * @param meshes numbers of nodes, ascending
 * @param minutes simulated minutes in which nothing may be named
 * @param trials faults in a small mesh; larger ones get fewer
 * @param hours seeds of the row of quiet hours
 * @param seed of all chance
 */
record FabricSizes(List<Integer> meshes, int minutes, int trials, int hours, long seed) {

  /** An hour of nothing costs a day where there are more nodes. */
  private static final int LARGEST_QUIET = 1_000;

  /** Half of a mesh that everybody probes. */
  private static final int LARGEST_PROBED = 200;

  private static final int FEWEST_TRIALS = 3;

  FabricSizes {
    meshes = List.copyOf(meshes);
  }

  /** Meshes in which so many simulated minutes are possible. */
  List<Integer> quietMeshes() {
    return meshes.stream().filter(nodes -> nodes <= LARGEST_QUIET).toList();
  }

  /** Meshes in which everybody can probe everybody. */
  List<Integer> probedMeshes() {
    return meshes.stream().filter(nodes -> nodes <= LARGEST_PROBED).toList();
  }

  /** Seeds of what goes by chance more than by size. */
  int rounds() {
    return Math.min(4, trials);
  }

  /** The largest mesh. */
  int largest() {
    return meshes.getLast();
  }

  /** Number of faults in a mesh of so many nodes: as many words of observers, about. */
  int trials(int nodes) {
    return Math.max(Math.min(FEWEST_TRIALS, trials), Math.min(trials, trials * 50 / nodes));
  }

  /** Heap that the largest simulation takes, in MiB: each node's table has a row of each other. */
  long heapMebibytes() {
    return 200 + 300L * largest() * largest() / (1 << 20);
  }
}
