@NullMarked
package io.llamamesh.client;

import org.jspecify.annotations.NullMarked;
