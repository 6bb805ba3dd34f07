package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The command of a pod's only container: its arguments and environment, with references to the
 * pod's own fields and {@code $(VAR)} resolved as the kubelet does, and mount paths replaced by the
 * folders that stand for the volumes.
 *
 * @param image the container's image
 * @param arguments its {@code args}
 * @param environment its {@code env}
 */
public record PodCommand(String image, List<String> arguments, Map<String, String> environment) {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$(\\$|\\(([A-Za-z_][A-Za-z0-9_.-]*)\\))");

  public PodCommand {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  /**
   * Resolves a pod's container.
   *
   * @param pod with node, addresses and labels
   * @param mounts folders by mount path: there is no mount namespace here, so the paths themselves
   *     are replaced
   * @throws IllegalArgumentException where the pod asks for what this stand-in does not have
   */
  static PodCommand of(Pod pod, Map<String, String> mounts) {
    List<Container> containers = pod.getSpec().getContainers();
    if (containers.size() != 1) {
      throw new IllegalArgumentException(
          "a pod must have one container here, had " + containers.size());
    }
    Container container = containers.getFirst();
    if (!container.getCommand().isEmpty()) {
      throw new IllegalArgumentException(
          "a container's command can't be run here: the image is not there, only its program");
    }
    Map<String, String> environment = new LinkedHashMap<>();
    for (EnvVar variable : container.getEnv()) {
      String value =
          variable.getValueFrom() == null
              ? expand(variable.getValue() == null ? "" : variable.getValue(), environment)
              : field(pod, variable.getValueFrom());
      environment.put(variable.getName(), mounted(value, mounts));
    }
    List<String> arguments = new ArrayList<>();
    for (String argument : container.getArgs()) {
      arguments.add(mounted(expand(argument, environment), mounts));
    }
    return new PodCommand(container.getImage(), arguments, environment);
  }

  /**
   * The same that listens on one address only: a pod with a network of its own has all of that to
   * itself, here it shares this machine's with the others.
   */
  PodCommand on(InetAddress address) {
    return with("--bind=" + address.getHostAddress());
  }

  /** The same whose fabric is reached at another address than it listens on. */
  PodCommand announcing(InetAddress address) {
    return with("--fabric-address=" + address.getHostAddress());
  }

  private PodCommand with(String argument) {
    List<String> more = new ArrayList<>(arguments);
    more.add(argument);
    return new PodCommand(image, more, environment);
  }

  /**
   * Kubernetes' own rule: {@code $(VAR)} of an earlier variable is replaced, {@code $$} is a
   * dollar, others stay.
   */
  static String expand(String text, Map<String, String> environment) {
    Matcher matcher = REFERENCE.matcher(text);
    StringBuilder out = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(2);
      String value = name == null ? "$" : environment.getOrDefault(name, matcher.group());
      matcher.appendReplacement(out, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(out).toString();
  }

  private static String field(Pod pod, EnvVarSource source) {
    @Nullable String path =
        source.getFieldRef() == null ? null : source.getFieldRef().getFieldPath();
    if (path == null) {
      throw new IllegalArgumentException(
          "an env variable's value can come from fieldRef only here");
    }
    return switch (path) {
      case "metadata.name" -> pod.getMetadata().getName();
      case "metadata.namespace" -> pod.getMetadata().getNamespace();
      case "metadata.uid" -> pod.getMetadata().getUid();
      case "spec.nodeName" -> pod.getSpec().getNodeName();
      case "spec.serviceAccountName" -> String.valueOf(pod.getSpec().getServiceAccountName());
      case "status.podIP" -> pod.getStatus().getPodIP();
      case "status.hostIP" -> pod.getStatus().getHostIP();
      case "status.podIPs" ->
          String.join(",", pod.getStatus().getPodIPs().stream().map(ip -> ip.getIp()).toList());
      case "status.hostIPs" ->
          String.join(",", pod.getStatus().getHostIPs().stream().map(ip -> ip.getIp()).toList());
      default -> throw new IllegalArgumentException("unknown fieldPath " + path);
    };
  }

  private static String mounted(String value, Map<String, String> mounts) {
    String result = value;
    for (var mount : mounts.entrySet()) {
      result = result.replace(mount.getKey(), mount.getValue());
    }
    return result;
  }
}
