package io.llamamesh.e2e.cluster;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Programs and images of a cluster.
 *
 * @param cluster folder with the programs of the control plane, kubelet and kube-proxy
 * @param node folder with containerd, its shim, ctr and the CNI plugins
 * @param pause tar of the image that holds a pod's namespaces
 * @param images tars of our own images
 * @param older folder with chart and images of an older release; null where none was built
 */
public record ClusterBinaries(
    Path cluster, Path node, Path pause, List<Path> images, @Nullable Path older) {
  /** The name of the image that holds a pod's namespaces. */
  static final String PAUSE = "localhost/llama-mesh-pause:1";

  /** Tag of the older release's images. */
  public static final String OLDER_TAG = "older";

  public ClusterBinaries {
    images = List.copyOf(images);
  }
}
