package io.llamamesh.apiserver.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives tests a Kubernetes API: the cluster that the environment variable KUBECONFIG names when it
 * is set, else a stand-in that all tests of this JVM share.
 *
 * <p>A test takes a {@link TestCluster}, or just a {@code KubernetesClient}, as a parameter (also
 * of {@code @BeforeEach}); each test has a namespace of its own, which the client uses by default
 * and which is deleted afterwards. On a real cluster there are nodes and other objects already,
 * controllers act, and deletion takes its time: count and wait accordingly.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(KubernetesApiExtension.class)
public @interface KubernetesApi {
  /**
   * Files with CustomResourceDefinitions to apply first: paths from the module's folder, or {@code
   * classpath:/name}.
   */
  String[] crds() default {};
}
