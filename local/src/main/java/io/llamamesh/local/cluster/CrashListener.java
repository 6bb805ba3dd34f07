package io.llamamesh.local.cluster;

import java.nio.file.Path;

/** Listener to processes that end by themselves; called from the cluster's thread. */
@FunctionalInterface
public interface CrashListener {
  /**
   * A pod's process ended and will be started again.
   *
   * @param pod the pod's name
   * @param exitCode its exit code
   * @param log where its output is
   */
  void onCrash(String pod, int exitCode, Path log);
}
