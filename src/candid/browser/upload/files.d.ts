/** What a worker may do with a file of its origin; the types of a page do not tell it. */

interface FileSystemSyncAccessHandle {
  close(): void;
  flush(): void;
  getSize(): number;
  read(into: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
