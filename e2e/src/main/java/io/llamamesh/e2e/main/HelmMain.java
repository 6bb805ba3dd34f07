package io.llamamesh.e2e.main;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.UninstallCommand;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Helm's own engine, in a process of its own: it is Go's, which takes the signals of its process,
 * so that Ctrl-C would not reach us beside it.
 *
 * <p>Arguments: {@code install|upgrade RELEASE CHART KUBECONFIG [KEY=VALUE]...}, {@code
 * uninstall|test RELEASE KUBECONFIG}. The release's namespace is called as the release.
 */
public final class HelmMain {
  private static final int TIMEOUT_SECONDS = 300;

  private HelmMain() {}

  /** Exit code 0 when it is done; else the engine's words stand on standard error. */
  public static void main(String[] arguments) {
    try {
      run(List.of(arguments));
      System.exit(0);
    } catch (RuntimeException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void run(List<String> arguments) {
    String release = arguments.get(1);
    switch (arguments.getFirst()) {
      case "install" -> {
        var command =
            new Helm(Path.of(arguments.get(2)))
                .install()
                .withName(release)
                .withNamespace(release)
                .withTimeout(TIMEOUT_SECONDS)
                .withKubeConfig(Path.of(arguments.get(3)));
        arguments.stream()
            .skip(4)
            .map(HelmMain::pair)
            .forEach(v -> command.set(v.get(0), v.get(1)));
        command.call();
      }
      case "upgrade" -> {
        var command =
            new Helm(Path.of(arguments.get(2)))
                .upgrade()
                .withName(release)
                .withNamespace(release)
                .resetValues()
                .withTimeout(TIMEOUT_SECONDS)
                .withKubeConfig(Path.of(arguments.get(3)));
        arguments.stream()
            .skip(4)
            .map(HelmMain::pair)
            .forEach(v -> command.set(v.get(0), v.get(1)));
        command.call();
      }
      case "uninstall" ->
          Helm.uninstall(release)
              .withNamespace(release)
              .withCascade(UninstallCommand.Cascade.BACKGROUND)
              .ignoreNotFound()
              .withKubeConfig(Path.of(arguments.get(2)))
              .call();
      case "test" ->
          Helm.test(release)
              .withNamespace(release)
              .withTimeout(TIMEOUT_SECONDS)
              .withKubeConfig(Path.of(arguments.get(2)))
              .call();
      default -> throw new IllegalArgumentException("unknown: " + arguments.getFirst());
    }
  }

  private static List<String> pair(String text) {
    return Arrays.asList(text.split("=", 2));
  }
}
