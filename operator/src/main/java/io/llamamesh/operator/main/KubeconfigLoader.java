package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import io.llamamesh.operator.run.ApiErrorMessage;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Loader of the connection's settings, as kubectl finds them: what is wrong in them does not mend
 * by waiting, so it is said before anything is tried.
 */
final class KubeconfigLoader {
  private static final String NOTHING_FOUND = "https://kubernetes.default.svc";

  private KubeconfigLoader() {}

  /**
   * The settings.
   *
   * @throws IllegalArgumentException where a file that KUBECONFIG names is missing or no
   *     kubeconfig, or where nothing names a cluster; the message has the remedy
   */
  static Config load(Map<String, String> environment) {
    String named = environment.getOrDefault("KUBECONFIG", "");
    List<File> files =
        Arrays.stream(named.split(File.pathSeparator))
            .filter(name -> !name.isBlank())
            .map(File::new)
            .toList();
    if (!files.isEmpty() && files.stream().noneMatch(File::isFile)) {
      throw new IllegalArgumentException(
          "KUBECONFIG=" + named + " is not there; correct or unset it");
    }
    for (File file : files) {
      if (file.isFile()) {
        parse(file);
      }
    }
    Config config = Config.autoConfigure(null);
    if (config.getCurrentContext() == null
        && config.getMasterUrl().startsWith(NOTHING_FOUND)
        && !environment.containsKey("KUBERNETES_SERVICE_HOST")) {
      throw new IllegalArgumentException(
          "no cluster: not in a pod, and no kubeconfig is found; set KUBECONFIG");
    }
    return config;
  }

  private static void parse(File file) {
    String why;
    try {
      if (file.length() > 0) {
        var _ = KubeConfigUtils.parseConfig(file);
        return;
      }
      why = "it is empty";
    } catch (RuntimeException e) {
      why = ApiErrorMessage.innermost(e);
    }
    throw new IllegalArgumentException("KUBECONFIG=" + file + " is no kubeconfig: " + why);
  }
}
