//! A thread of its own for what makes events durable: the lanes, the spool, the connections to the broker.
//!
//! Clients' connections are tasks that take turns. Past capacity thousands of them have something to do, and a lane that
//! is woken by a confirm would wait for every one of them before it publishes the next message, so that hardly anything
//! became durable just when most comes in. A thread gets its turn from the operating system within milliseconds, however
//! many tasks another one has.

use std::future::Future;
use std::io;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinError;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The thread. It ends when this is dropped, and with it whatever still runs there.
pub(crate) struct BrokerThread {
    tasks: Handle,
    _end: DropGuard,
}

impl BrokerThread {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (tasks, ended) = (runtime.handle().clone(), CancellationToken::new());
        let end = ended.clone().drop_guard();
        thread::Builder::new().name("broker".to_owned()).spawn(move || runtime.block_on(ended.cancelled()))?;
        Ok(Self { tasks, _end: end })
    }

    /// Runs `task` there. What it spawns stays there too.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        self.tasks.spawn(task).await
    }
}
